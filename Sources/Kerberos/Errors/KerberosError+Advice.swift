extension KerberosError.Code {
  /// What is said about a code where nothing more precise is known.
  var advice: (message: String, cause: String, step: String) {
    Self.advices[self] ?? (
      "the Kerberos library failed", "The status says more than is known here.",
      "Repeat the attempt with KRB5_TRACE=/dev/stderr in the environment and read what the library did."
    )
  }

  private static let advices: [Self: (message: String, cause: String, step: String)] = [
    .wrongPassword: (
      "the password is wrong", "A mistyped password, or a keytab older than the account's password.",
      "Type it again; try `kinit` with the same name. Mind the lockout policy of the domain."
    ),
    .unknownPrincipal: (
      "the realm knows no such user", "A mistyped name, or the wrong realm.",
      "Give the name as user@REALM, with the realm in upper case, or as DOMAIN\\user."
    ),
    .unknownService: (
      "the realm knows no such service", "The host was named by an address or an alias, or no service principal name is registered for it.",
      "Use the name that the host has in the domain; look with `setspn -Q WSMAN/host`, or `kvno WSMAN/host`."
    ),
    .passwordExpired: (
      "the password has expired", "Its age passed the domain's limit.", "Change it, with `kpasswd` for example, and log on again."
    ),
    .passwordMustChange: (
      "the password must be changed before the first logon", "An administrator set it with that demand.",
      "Change it, with `kpasswd` for example, and log on again."
    ),
    .accountExpired: ("the account has expired", "Its expiry date has passed.", "Ask the domain's administrator to extend it."),
    .accountRevoked: (
      "the account is disabled or locked out", "An administrator disabled it, or too many wrong passwords were tried.",
      "Ask the domain's administrator to enable it if it is disabled; if it is locked out, wait until the lockout ends or have it unlocked."
    ),
    .policy: (
      "a policy of the realm forbids it", "Logon hours, an authentication policy, or an account that may not be used this way.",
      "Ask the domain's administrator which policy applies to the account."
    ),
    .encryptionType: (
      "there is no encryption type that both sides permit", "The account has RC4 or DES keys only.",
      "Enable AES for the account and set its password again, which makes the AES keys."
    ),
    .clockSkew: (
      "the clocks are too far apart", "One of the two hosts, or the domain controller, has the wrong time (5 minutes are tolerated).",
      "Synchronise the clocks of all three (`chronyc tracking`, `timedatectl`)."
    ),
    .unreachable: (
      "no domain controller of the realm can be reached", "DNS does not know the realm, port 88 is blocked, or the KDC is down.",
      "Look with `dig SRV _kerberos._udp.REALM`, and try port 88 of the KDC; or name it in krb5.conf."
    ),
    .timeout: (
      "there was no answer in time", "A KDC or name server that drops packets without a word.",
      "Check that port 88 (UDP and TCP) of the domain controllers answers, and that DNS lists no dead ones."
    ),
    .busy: (
      "too many Kerberos calls wait for an answer already", "A KDC or name server that drops packets keeps earlier calls waiting.",
      "Try again later; check that the domain controllers answer."
    ),
    .noCredentials: (
      "there is no ticket to use", "Nobody ran `kinit` here, or KRB5CCNAME points elsewhere.",
      "Run `kinit`, give a name and password, or look at `klist`."
    ),
    .ticketExpired: ("the ticket has expired", "It was not renewed.", "Run `kinit` again, or `kinit -R` while it is renewable."),
    .keytab: (
      "the keytab has no key for this", "It is missing, unreadable, for another name, or older than the account's password.",
      "Look with `klist -kte FILE`; make it again (`net ads keytab`, `adcli update`, `ktpass`)."
    ),
    .configuration: (
      "the Kerberos configuration cannot be used", "krb5.conf is missing, unreadable, wrong, or has no default realm.",
      "Check /etc/krb5.conf, or the file that KRB5_CONFIG names."
    ),
    .malformed: (
      "a token of the peer is not Kerberos", "Another protocol or a damaged message.",
      "Look at what the peer sent; there is no setting for this."
    ),
    .wrongService: (
      "the ticket is for a service that is not configured here", "The client used an alias or another service class.",
      "Connect by the name of the host, or add the service name to the configuration."
    ),
    .replay: (
      "the authenticator was used before", "A message sent twice, or an attack.",
      "Connect again; if it happens often, look for who repeats messages."
    ),
    .badBindings: (
      "the channel bindings are not those of this TLS connection", "Something between the two ends TLS: a proxy, or an attack.",
      "Connect without the proxy, or lower the channel binding level if the proxy is yours."
    ),
    .unproven: (
      "the peer did not prove who it is", "It has another key than the KDC believes, or it is an impostor.",
      "Check that the name leads to the right host, and that its keytab is current."
    ),
    .protection: (
      "a protected message does not verify", "It was changed, repeated, dropped or reordered on its way.",
      "Connect again; look at what lies between."
    ),
    .outOfSequence: ("the Kerberos context is not in the state for this", "A mistake in this program.", "Report it."),
    .limit: ("a length is beyond its limit", "A damaged or hostile message.", "Look at what the peer sent."),
    .local: ("Kerberos was asked for something impossible", "A name with characters that it cannot have.", "Correct the name."),
  ]
}
