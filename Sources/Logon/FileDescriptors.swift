import CLinux
import Glibc

/// The system's error number.
struct SystemError: Error {
  var number: CInt

  /// What the last call left in `errno`.
  static var last: SystemError { SystemError(number: errno) }
}

/// A descriptor that is closed when its owner lets go of it. All are closed on exec.
final class OwnedDescriptor {
  /// A child's own descriptors are below this, so that arranging them cannot overwrite one that is still needed.
  static let firstNumber: CInt = 10

  private(set) var number: CInt

  /// Takes over what a system call returned.
  init(_ number: CInt) throws(SystemError) {
    guard number >= 0 else { throw .last }
    self.number = number
    guard number < Self.firstNumber else { return }
    let raised = winrm_duplicate_above(number, Self.firstNumber)
    let failure = SystemError.last
    Glibc.close(number)
    self.number = raised
    guard raised >= 0 else { throw failure }
  }

  deinit { close() }

  func close() { if let number = releaseIfOpen() { Glibc.close(number) } }

  /// Gives the descriptor away.
  func release() -> CInt { releaseIfOpen() ?? -1 }

  private func releaseIfOpen() -> CInt? {
    guard number >= 0 else { return nil }
    defer { number = -1 }
    return number
  }
}

/// Both ends of a pipe.
struct Pipe {
  var reading: OwnedDescriptor
  var writing: OwnedDescriptor

  init() throws(SystemError) {
    var ends: [CInt] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .last }
    let (low, high) = (ends[0], ends[1])
    do throws(SystemError) { reading = try OwnedDescriptor(low) } catch {
      Glibc.close(high)
      throw error
    }
    writing = try OwnedDescriptor(high)
  }
}
