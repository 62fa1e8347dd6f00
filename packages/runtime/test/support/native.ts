/**
 * Whether the tests that need the native addon are left out. They are left out only on request: a missing addon is a failure.
 */
export const withoutNative: string | false =
  process.env['MOSS_TEST_WITHOUT_NATIVE'] === '1' ? 'MOSS_TEST_WITHOUT_NATIVE is set' : false;
