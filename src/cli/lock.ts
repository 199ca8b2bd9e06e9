export { type LockCheckOptions, lockCheck } from './lock-check.js';
export { type LockPullOptions, lockPull } from './lock-pull.js';
export { type LockShowOptions, lockShow } from './lock-show.js';
export { type LockUpdateOptions, lockUpdate } from './lock-update.js';
