/// What manuals and `winrm help config` say about a setting, beside what the tables know.
///
/// This is the one place where deviations from Windows are written down, each with its reason.
struct SettingMeaning: Sendable {
  /// What it does, with its unit.
  var meaning: String
  /// How and why it deviates, or that it can have no effect here.
  var note: String?

  init(_ meaning: String, _ note: String? = nil) {
    self.meaning = meaning
    self.note = note
  }

  /// By path, such as `config/client/auth/CredSSP`.
  static let all: [String: SettingMeaning] = Dictionary(uniqueKeysWithValues: tables.joined().map { ($0.0, $0.1) })

  private typealias Table = [(String, SettingMeaning)]

  private static let tables: [Table] = [top, client, service, winrs, listener, certificateMapping, plugIn, quotas]

  private static let top: Table = [
    (
      "config/MaxEnvelopeSizekb",
      .init(
        "Largest message in either direction, in kilobytes of 1024 bytes. The service answers a larger request with HTTP 413.",
        "Above 1039440 Windows stores a value that it does not support; here it is refused.")
    ),
    (
      "config/MaxTimeoutms",
      .init("Longest time that an operation may take, in milliseconds; also the time of one that asks for none. Pull is not limited by it.")
    ),
    ("config/MaxBatchItems", .init("Most items in one answer to Pull, whatever the client asks for.")),
    (
      "config/MaxProviderRequests",
      .init("Without effect since WinRM 2.0; shown because clients expect it.", "A change is refused with 0x803381AE, as on Windows.")
    ),
  ]

  private static let client: Table = [
    (
      "config/client/NetworkDelayms",
      .init("Time that the client waits for an answer beyond the operation's own time, in milliseconds.")
    ),
    (
      "config/client/URLPrefix",
      .init(
        "Path of a connection string that names none: letters, digits, _ and -, with / between them.",
        "Windows does not know the hyphen.")
    ),
    (
      "config/client/AllowUnencrypted",
      .init("Whether the client may send messages that nothing encrypts. Only Basic over HTTP would need it.")
    ),
    (
      "config/client/auth/Basic",
      .init(
        "Whether the client may use Basic, which shows the server the password.",
        "Off unless somebody turns it on, as the text of the group policy says; Windows itself has it on.")
    ),
    (
      "config/client/auth/Digest",
      .init(
        "Kept so that group policy and scripts find it.",
        "Has no effect: no service accepts Digest, and this client does not speak it. So it is off, where Windows has it on.")
    ),
    ("config/client/auth/Kerberos", .init("Whether the client may use Kerberos.")),
    ("config/client/auth/Negotiate", .init("Whether the client may use Negotiate, which chooses between Kerberos and NTLM.")),
    ("config/client/auth/Certificate", .init("Whether the client may prove itself by a certificate over HTTPS.")),
    (
      "config/client/auth/CredSSP",
      .init("Whether the client may hand the user's credentials to a server. Policy must allow the target besides.")
    ),
    ("config/client/defaultports/HTTP", .init("Port of a connection string that names neither port nor scheme.")),
    ("config/client/defaultports/HTTPS", .init("Port of a connection string without a port when SSL is asked for (-usessl).")),
    (
      "config/client/TrustedHosts",
      .init(
        "Servers that may be used although nothing proves who they are: names, *.suffix, prefix*, <local>, [IPv6], separated by commas; "
          + "* is every server. They may get material from which passwords can be guessed.")
    ),
    (
      "config/client/KerberosRealms",
      .init(
        "DOMAIN=REALM for names of domains that are not those of their realms, separated by commas.",
        "Not a setting of Windows, whose clients are members of a domain and ask it.")
    ),
  ]

  private static let service: Table = [
    (
      "config/service/RootSDDL",
      .init(
        "Who may do what with every resource that has no security descriptor of its own, in SDDL. GR admits Get, Enumerate and Pull, GW "
          + "Put, Create and Delete, GX everything else. BA is root and the Unix group winrm-admins, RM whom AllowedGroups and "
          + "AllowedAccounts admit, IU whoever asks at the machine itself. GW is worth as much as root on this machine: whoever may change "
          + "AllowedGroups, AllowedAccounts and the mappings of certificates can let anybody in.",
        "A text without a list D: would let everybody do everything and is refused with 0x8033815C, and so are abbreviations of accounts "
          + "of a domain (DA): write their SIDs.")
    ),
    (
      "config/service/MaxConcurrentOperations",
      .init("Without effect since WinRM 2.0; shown because clients expect it.", "A change is refused with 0x803381AE, as on Windows.")
    ),
    (
      "config/service/MaxConcurrentOperationsPerUser",
      .init("Most operations of one user at the same time.", "Kept, and not counted yet.")
    ),
    (
      "config/service/EnumerationTimeoutms",
      .init("Time that an enumeration may rest between two Pulls, in milliseconds; then it is forgotten.")
    ),
    (
      "config/service/MaxConnections",
      .init(
        "Most connections at the same time; further ones are answered with HTTP 503.",
        "Windows counts requests under way, and an idle connection for two minutes; here a connection counts as long as it is open.")
    ),
    (
      "config/service/MaxPacketRetrievalTimeSeconds",
      .init("Time that receiving one request may take, in seconds; then its connection is closed.")
    ),
    (
      "config/service/AllowUnencrypted",
      .init(
        "Whether the service accepts messages over HTTP that nothing encrypts, and answers them so. Basic over HTTP needs it, and then shows "
          + "the password. Messages of CredSSP are encrypted whatever it says.")
    ),
    (
      "config/service/auth/Basic",
      .init("Whether the service accepts Basic, for local accounts alone; over HTTP only together with AllowUnencrypted.")
    ),
    ("config/service/auth/Kerberos", .init("Whether the service accepts Kerberos. It needs a keytab.")),
    ("config/service/auth/Negotiate", .init("Whether the service accepts Negotiate: Kerberos or NTLM.")),
    (
      "config/service/auth/Certificate",
      .init(
        "Whether the service asks clients for certificates over HTTPS, and accepts those that winrm/config/service/certmapping maps to local "
          + "accounts.",
        "Who may sign them is in the directory trusted beside the service's configuration, as PEM files; Windows has a store.")
    ),
    ("config/service/auth/CredSSP", .init("Whether the service accepts credentials that a client hands over.")),
    (
      "config/service/auth/CbtHardeningLevel",
      .init(
        "What the service demands of channel bindings over HTTPS: None does not look at them, Relaxed wants those that are there to be "
          + "right, Strict wants them to be there.")
    ),
    (
      "config/service/defaultports/HTTP",
      .init("Port of a new listener over HTTP. Can only be read; a listener has a port of its own.")
    ),
    (
      "config/service/defaultports/HTTPS",
      .init("Port of a new listener over HTTPS. Can only be read; a listener has a port of its own.")
    ),
    (
      "config/service/IPv4Filter",
      .init("IPv4 addresses of this machine on which listeners answer: *, or ranges IP1-IP2 separated by commas; empty is none.")
    ),
    ("config/service/IPv6Filter", .init("The same for IPv6 addresses.")),
    ("config/service/EnableCompatibilityHttpListener", .init("Whether there is a listener on port 80 besides, over HTTP.")),
    ("config/service/EnableCompatibilityHttpsListener", .init("Whether there is a listener on port 443 besides, over HTTPS.")),
    (
      "config/service/CertificateThumbprint",
      .init(
        "Certificate that CredSSP shows, by its SHA-1 thumbprint of 40 hexadecimal digits. Empty: one that the service makes itself, which "
          + "encrypts and proves nothing.")
    ),
    (
      "config/service/AllowRemoteAccess",
      .init("false refuses every request of another machine with 0x803381DD, except Identify, which tells that the service is there.")
    ),
    (
      "config/service/AllowedGroups",
      .init(
        "Groups of this machine, and of the domain (DOMAIN\\group), whose members may open shells.",
        "Not a setting of Windows, where the local group Remote Management Users does this.")
    ),
    (
      "config/service/AllowedAccounts",
      .init(
        "Accounts that may open shells. Root and accounts of the system get in only this way.",
        "Not a setting of Windows; see AllowedGroups.")
    ),
    (
      "config/service/KeytabFile",
      .init(
        "File with the keys of this service for Kerberos. Empty: as root the system's keytab, otherwise none. It must belong to root or the "
          + "user of the service, be closed to everybody else, and lie where nobody else can write; otherwise it is not used.",
        "Not a setting of Windows, where the account of the machine has the keys.")
    ),
  ]

  /// Why the limits of shells are lower than on Windows.
  private static let limitDeviation =
    "Windows sets no limit that could be reached (2147483647); here the documented one of the protocol holds."
  private static let notYet = "Kept, and not enforced yet."

  private static let winrs: Table = [
    ("config/winrs/AllowRemoteShellAccess", .init("false refuses new shells with 0x803381AC.")),
    (
      "config/winrs/IdleTimeout",
      .init(
        "Time that a shell may rest before it is deleted, in milliseconds, unless its client asks for another. Below 60000 it acts as 60000."
      )
    ),
    ("config/winrs/MaxConcurrentUsers", .init("Most users with shells at the same time; one more gets 0x803381AB.", limitDeviation)),
    (
      "config/winrs/MaxShellRunTime",
      .init("Without effect since WinRM 2.0; shown because clients expect it.", "A change is refused with 0x8033813F, as on Windows.")
    ),
    ("config/winrs/MaxProcessesPerShell", .init("Most processes of one shell at the same time; 0 is no limit.", limitDeviation)),
    ("config/winrs/MaxMemoryPerShellMB", .init("Most memory of one shell, in megabytes; 0 is no limit.", limitDeviation + " " + notYet)),
    ("config/winrs/MaxShellsPerUser", .init("Most shells of one user; 0 is no limit. One more gets 0x803381A5.", limitDeviation)),
  ]

  private static let listener: Table = [
    (
      "config/listener/Address",
      .init(
        "Where it answers: * on every address, IP: and one address, or MAC: and the addresses of one adapter, such as MAC:00-11-22-33-44-55. "
          + "Selects the listener and cannot be changed.")
    ),
    ("config/listener/Transport", .init("HTTP or HTTPS. Selects the listener and cannot be changed.")),
    ("config/listener/Port", .init("Its port: 5985 over HTTP and 5986 over HTTPS unless something else is said.")),
    ("config/listener/Hostname", .init("Name that the certificate of an HTTPS listener must be for; empty: a name of this machine.")),
    ("config/listener/Enabled", .init("false: it is kept, and does not answer.")),
    ("config/listener/URLPrefix", .init("Path at which it answers.", "Windows does not know the hyphen.")),
    (
      "config/listener/CertificateThumbprint",
      .init("Certificate of an HTTPS listener, by its SHA-1 thumbprint of 40 hexadecimal digits; a listener over HTTP has none.")
    ),
  ]

  private static let certificateMapping: Table = [
    (
      "config/service/certmapping/URI",
      .init("Resources it is for: a URI, the beginning of one and *, or * for all. Selects the mapping and cannot be changed.")
    ),
    (
      "config/service/certmapping/Subject",
      .init(
        "Principal or DNS name in the certificate's SubjectAlternativeName: a name, * and the end of one, or * for every one. Selects the "
          + "mapping and cannot be changed.",
        "* stands at the beginning only, as the error text of Windows says; one page of its documentation also has it at the end.")
    ),
    (
      "config/service/certmapping/Issuer",
      .init(
        "SHA-1 thumbprint of the certificate that signed the client's directly. Selects the mapping and cannot be changed.")
    ),
    (
      "config/service/certmapping/UserName",
      .init(
        "Local account for which the certificate stands.",
        "Its Password is verified when the mapping is made, and kept nowhere: the certificate is what proves the client.")
    ),
    ("config/service/certmapping/Enabled", .init("false: it is kept, and admits nobody.")),
  ]

  /// Why what describes the loading of a plug-in can only be read.
  private static let notLoaded = "Can only be read: plug-ins are built in, and none is loaded from a file."

  private static let plugIn: Table = [
    ("config/plugin/Name", .init("Name of the plug-in. Selects it and cannot be changed.")),
    ("config/plugin/Filename", .init("File of the plug-in.", notLoaded + " Another one is refused with code 50.")),
    ("config/plugin/SDKVersion", .init("Version of the interface to the plug-in.", notLoaded)),
    ("config/plugin/XmlRenderingType", .init("How the plug-in takes XML.", notLoaded)),
    ("config/plugin/Architecture", .init("32 or 64.", notLoaded)),
    ("config/plugin/Enabled", .init("false: its resources are not there.")),
    ("config/plugin/UseSharedProcess", .init("Whether plug-ins share a process.", notLoaded)),
    ("config/plugin/AutoRestart", .init("Whether its process starts with the service.", notLoaded)),
    ("config/plugin/ProcessIdleTimeoutSec", .init("Time after which its process ends, in seconds; 0 is never.", notLoaded)),
    ("config/plugin/RunAsUser", .init("Account under which it runs; empty: the caller's.", notLoaded)),
    ("config/plugin/OutputBufferingMode", .init("What happens to output that nobody fetches.", notLoaded)),
  ]

  private static let quotas: Table = [
    ("config/plugin/quotas/MaxConcurrentUsers", .init("Most users at the same time.", notYet)),
    ("config/plugin/quotas/MaxConcurrentOperationsPerUser", .init("Most operations of one user at the same time.", notYet)),
    ("config/plugin/quotas/MaxConcurrentOperations", .init("Most operations at the same time.", notYet)),
    ("config/plugin/quotas/MaxShells", .init("Most shells.", notYet)),
    ("config/plugin/quotas/MaxShellsPerUser", .init("Most shells of one user.", notYet)),
    ("config/plugin/quotas/MaxMemoryPerShellMB", .init("Most memory of one shell, in megabytes; 0 is no limit.", notYet)),
    ("config/plugin/quotas/MaxProcessesPerShell", .init("Most processes of one shell; 0 is no limit.", notYet)),
    ("config/plugin/quotas/MaxConcurrentCommandsPerShell", .init("Most commands of one shell at the same time.", notYet)),
    (
      "config/plugin/quotas/IdleTimeoutms",
      .init("Time that a shell may rest, in milliseconds, unless its client asks for another; at most MaxIdleTimeoutms.", notYet)
    ),
    ("config/plugin/quotas/MaxIdleTimeoutms", .init("Longest such time that a client may ask for, in milliseconds.", notYet)),
  ]
}
