#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A detached thread that runs one closure. Signals go to other threads.
enum BlockingThread {
  /// Enough for the resolvers and the ASN.1 code of the libraries that are called, in bytes.
  private static let stackSize = 1 << 20

  /// - Returns: whether the system gave a thread.
  static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    let body = Unmanaged.passRetained(ThreadBody(run)).toOpaque()
    guard create(body) == 0 else {
      Unmanaged<ThreadBody>.fromOpaque(body).release()
      return false
    }
    return true
  }

  private static func create(_ body: UnsafeMutableRawPointer) -> Int32 {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return -1 }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackSize)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    return pthread_create(&thread, &attributes, runThreadBody, body)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  var signals = sigset_t()
  sigfillset(&signals)
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
  return nil
}
