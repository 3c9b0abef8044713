/// The machine's policy as a file. Only the administrator can write it, and a file that somebody else could have written is refused.
public struct MachinePolicyStore: Sendable {
  /// The file.
  public let path: String

  public init(paths: WinRMPaths = .current()) { path = paths.machinePolicyFile }

  /// A policy file at another place, such as a user's.
  public init(path: String) { self.path = path }

  /// Reads the policy. A missing file means that nothing is configured.
  ///
  /// - Throws: ``ConfigurationError``: `malformed` with the file, and line and column of a mistake in the JSON; `unsafeFile`; `accessDenied`.
  ///   A policy that cannot be read allows nothing: do not go on without it.
  public func load() throws -> MachinePolicy { try read() ?? MachinePolicy() }

  /// Changes the policy: lock, read, change, write to a new file, flush, rename.
  ///
  /// - Throws: ``ConfigurationError``, or what `change` throws; then nothing was written.
  public func update<R>(_ change: (inout MachinePolicy) throws -> R) throws -> R {
    let file = ConfigurationFile(path)
    return try file.locked {
      let before = try read()
      var after = before ?? MachinePolicy()
      let result = try change(&after)
      if after != before ?? MachinePolicy() { try file.replace(with: after.json.document) }
      return result
    }
  }

  /// Puts `policy` in the place of what the file says, also where nobody can understand that.
  ///
  /// - Returns: what stood there; `nil` when it was no policy.
  /// - Throws: ``ConfigurationError``: `unsafeFile` and `accessDenied` for a file that is not this machine's to replace.
  public func replace(with policy: MachinePolicy) throws -> MachinePolicy? {
    let file = ConfigurationFile(path)
    return try file.locked {
      let before = try understood()
      try file.replace(with: policy.json.document)
      return before
    }
  }

  /// What ``load()`` gives; `nil` when the file is there, and is no policy.
  ///
  /// - Throws: ``ConfigurationError`` as ``load()``, except `malformed` and `invalidValue`.
  public func understood() throws(ConfigurationError) -> MachinePolicy? {
    do throws(ConfigurationError) {
      return try read() ?? MachinePolicy()
    } catch {
      guard [.malformed, .invalidValue].contains(error.code) else { throw error }
      return nil
    }
  }

  /// The policy, or `nil` when there is no file.
  func read() throws(ConfigurationError) -> MachinePolicy? {
    do throws(ConfigurationError) {
      guard let bytes = try ConfigurationFile(path).read() else { return nil }
      return try MachinePolicy(decoding: JSONValue(parsing: bytes, file: path))
    } catch {
      var located = error
      located.file = path
      if error.code == .malformed || error.code == .unsafeFile { located.specificCode = .policyCorrupted }
      throw located
    }
  }
}
