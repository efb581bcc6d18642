export { createCodecs } from './codecs.ts';
export { installNativeCrc32c } from './native-crc32c.ts';
