/** Whether a text is a public key in PEM of a kind whose signatures can be verified: ECDSA on P-256, as cosign makes by itself, or RSA. */
export function isPublicKey(text: string): boolean {
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)) return false;
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = process.getBuiltinModule('node:crypto').createPublicKey(text);
    return type === 'rsa' || (type === 'ec' && details?.namedCurve === 'prime256v1');
  } catch {
    return false;
  }
}
