/** Whether a text is a public key in PEM of a kind that cosign signs with: ECDSA on P-256, RSA or Ed25519. */
export function isPublicKey(text: string): boolean {
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)) return false;
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = process.getBuiltinModule('node:crypto').createPublicKey(text);
    return type === 'rsa' || type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1');
  } catch {
    return false;
  }
}
