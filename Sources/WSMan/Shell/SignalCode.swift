/// What a Signal says (MS-WSMV §2.2.4.38). Unknown values are kept.
public struct SignalCode: RawRepresentable, Hashable, Sendable {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// End the command, and forget it when it has ended.
  public static let terminate = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate")
  /// Control-C.
  public static let controlC = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/ctrl_c")
  /// Control-Break.
  public static let controlBreak = Self(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/ctrl_break")
  /// PowerShell's stop, in the spelling that its plug-in expects.
  public static let powerShellStop = Self(rawValue: "powershell/signal/crtl_c")

  /// The same signal in the spelling listed here: `Terminate`, and PowerShell's `ctrl_c`, are known variants.
  public var normalized: SignalCode {
    let text = rawValue.lowercased()
    if text == "powershell/signal/ctrl_c" { return .powerShellStop }
    return [.terminate, .controlC, .controlBreak, .powerShellStop].first { $0.rawValue == text } ?? self
  }
}
