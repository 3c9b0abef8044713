#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The `Date` field (RFC 9110 §5.6.7), independent of the process's locale.
enum HTTPDate {
  static func string(unixSeconds: Int) -> String {
    var seconds = time_t(unixSeconds)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
    let day = name(of: Int(parts.tm_wday), in: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"])
    let month = name(
      of: Int(parts.tm_mon), in: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0)) }.joined(separator: ":")
    return "\(day), \(padded(Int(parts.tm_mday))) \(month) \(Int(parts.tm_year) + 1900) \(clock) GMT"
  }

  static func now() -> String { string(unixSeconds: Int(time(nil))) }

  private static func name(of index: Int, in names: [String]) -> String { names.indices.contains(index) ? names[index] : names[0] }
  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
