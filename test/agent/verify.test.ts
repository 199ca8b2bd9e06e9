import { afterEach, describe, expect, it } from 'vitest';
import type { AgentContext } from '../../src/agent/context.js';
import { verifyByHttp } from '../../src/agent/verify/http.js';
import { readAnswer, verifyByPrometheus } from '../../src/agent/verify/prometheus.js';
import { verifyOnce } from '../../src/agent/verify.js';
import type { Verification } from '../../src/policy/policy.js';
import { policy, production } from '../rollout/fixture.js';
import { type Answer, deadHost, serve, type TestServer } from './server.js';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function server(answer: Answer): Promise<TestServer> {
  const started = await serve(answer);
  servers.push(started);
  return started;
}

type Http = Extract<Verification, { kind: 'http' }>;
type Prometheus = Extract<Verification, { kind: 'prometheus' }>;

const http = (url: string, fields: Partial<Http> = {}): Http => ({ kind: 'http', url, status: 200, ...fields });

describe('a request', () => {
  it.each<[string, number, string, Partial<Http>, string, string]>([
    ['the status that is wanted', 200, 'ok', {}, 'holds', 'answered 200'],
    ['another status', 404, 'ok', {}, 'fails', 'answered 404, not 200'],
    ['a status of its own', 204, '', { status: 204 }, 'holds', 'answered 204'],
    ['the text that is wanted', 200, 'all is ok', { body: 'is ok' }, 'holds', 'answered 200'],
    ['another text', 200, 'down', { body: 'ok' }, 'fails', 'answered without "ok"'],
  ])('answered with %s', async (_, status, body, fields, result, why) => {
    const { url } = await server((_request, response) => response.writeHead(status).end(body));
    expect(await verifyByHttp(http(url, fields))).toEqual({ result, why: expect.stringContaining(why) });
  });

  it('that nobody answers fails', async () => {
    const host = await deadHost();
    expect(await verifyByHttp(http(`http://${host}`))).toEqual({ result: 'fails', why: expect.stringContaining(host) });
  });
});

describe('what Prometheus says', () => {
  const verification: Prometheus = {
    kind: 'prometheus',
    server: 'http://prometheus',
    query: 'errors',
    holds: { comparison: '<', value: 0.01 },
    for: 60_000,
  };
  const vector = (...values: readonly unknown[]) =>
    JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
    });

  it.each<[string, number, string, string, string]>([
    ['one series that holds', 200, vector('0.005'), 'holds', 'errors is 0.005, which is < 0.01'],
    ['all series hold', 200, vector('0.005', '0'), 'holds', 'errors is 0.005, 0'],
    ['one of two that does not', 200, vector('0.005', '0.2'), 'fails', 'errors is 0.2, which is not < 0.01'],
    ['a scalar', 200, '{"data":{"resultType":"scalar","result":[1,"0"]}}', 'holds', 'errors is 0'],
    ['infinity', 200, vector('+Inf'), 'fails', 'errors is Infinity'],
    ['no series', 200, vector(), 'unknown', 'has no data'],
    ['no number', 200, vector('NaN'), 'unknown', 'is not a number'],
    ['NaN beside a number', 200, vector('0', 'NaN'), 'unknown', 'is not a number'],
    ['a matrix', 200, '{"data":{"resultType":"matrix","result":[{"values":[[1,"0"]]}]}}', 'unknown', 'is not a number'],
    ['a refusal', 400, '{"status":"error","error":"parse error"}', 'unknown', 'answered 400: parse error'],
    ['a page', 200, '<html>', 'unknown', 'has no data'],
    ['a page of an error', 502, '<html>', 'unknown', 'answered 502: no reason given'],
  ])('%s', (_, status, text, result, why) => {
    expect(readAnswer(verification, status, text)).toEqual({ result, why: expect.stringContaining(why) });
  });

  it.each(['<', '<=', '==', '!=', '>=', '>'] as const)('is compared by %s', (comparison) => {
    const result = (value: number) => readAnswer({ ...verification, holds: { comparison, value: 1 } }, 200, vector(String(value))).result;
    const holding = { '<': [0], '<=': [0, 1], '==': [1], '!=': [0, 2], '>=': [1, 2], '>': [2] }[comparison];
    expect([0, 1, 2].filter((value) => result(value) === 'holds')).toEqual(holding);
  });

  it('is asked over HTTP, by the query alone', async () => {
    const { url, requests } = await server((_, response) => response.end(vector('0')));
    expect(await verifyByPrometheus({ ...verification, server: url, query: 'a{b="c&d"}' })).toMatchObject({ result: 'holds' });
    expect(requests).toEqual([`GET /api/v1/query?query=${encodeURIComponent('a{b="c&d"}')}`]);
  });

  it('is unknown where it does not answer', async () => {
    const host = await deadHost();
    expect(await verifyByPrometheus({ ...verification, server: `http://${host}` })).toEqual({
      result: 'unknown',
      why: expect.stringContaining(host),
    });
  });
});

describe("the agent's command", () => {
  const context = (verify: readonly Verification[], index?: string): AgentContext => ({
    config: { schemaVersion: 1, policy: { ...policy, stages: [{ ...production, verify }] }, stage: 'production', workloads: [] },
    cluster: Object.create(null),
    env: index === undefined ? {} : { PATCHWAY_VERIFY: index },
    now: Date.now,
    sleep: async () => undefined,
    log: () => undefined,
  });

  it.each([
    [200, 0],
    [500, 1],
  ])('ends, for the answer %i, with %i', async (status, code) => {
    const { url } = await server((_, response) => response.writeHead(status).end());
    expect(await verifyOnce(context([http('http://127.0.0.1:1'), http(url)], '1'))).toBe(code);
  });

  it.each([undefined, '', '7', 'x'])('says what is wrong with the index %s', async (index) => {
    await expect(verifyOnce(context([], index))).rejects.toThrow('stage production has no request');
  });
});
