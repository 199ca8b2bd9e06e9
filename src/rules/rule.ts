type Labels = Readonly<Record<string, string>>;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Labels;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** @default at once */
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Labels;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** A group as rule files have it; its name is unique to the policy and stage. */
export interface RuleGroup {
  readonly name: string;
  /** Thanos' ruler only: what becomes of an answer that lacks a part. */
  readonly partial_response_strategy?: 'abort';
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}
