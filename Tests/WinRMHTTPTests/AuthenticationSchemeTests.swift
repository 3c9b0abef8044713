import Testing
import WinRMHTTP

@Suite struct AuthenticationSchemeTests {
  @Test(arguments: AuthenticationScheme.allCases) func namesIgnoreCase(_ scheme: AuthenticationScheme) {
    #expect(AuthenticationScheme(name: scheme.rawValue.uppercased()) == scheme)
    #expect(AuthenticationScheme(name: scheme.rawValue.lowercased()) == scheme)
  }

  @Test func othersAreNil() { #expect(AuthenticationScheme(name: "Digest") == nil) }
}
