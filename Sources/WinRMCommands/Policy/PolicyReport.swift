import DelegationPolicy
import GroupPolicy
import SecuritySupport
import WinRM
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `winrm policy` shows: where policy comes from, and every rule with its source.
struct PolicyReport {
  static let namespace = "urn:winrm:policy"

  var policy: EffectivePolicy
  /// Seconds since 1970.
  var now: Int64

  var element: ResultElement {
    let domain = policy.domain.map { [Self.domain($0, now: now)] } ?? []
    let effects = policy.effects
    return ResultElement(
      name: "Policy", children: domain + policy.rules.map { rule($0, effects[$0]) } + policy.notInForce().map(notInForce)
    ).onLines
  }

  /// What stands in policy, and does not hold.
  private func notInForce(_ value: EffectivePolicy.NotInForce) -> ResultElement {
    ResultElement(
      name: "NotInForce",
      children: [
        ResultElement(name: "Name", value: value.name), ResultElement(name: "Value", value: Self.value(value.value)),
        ResultElement(name: "Because", value: value.reason),
      ] + Self.source(value.source, key: value.key))
  }

  /// Said where there is no rule to show: an answer without one could as well be one that was cut off.
  var remark: String? {
    guard policy.rules.isEmpty else { return nil }
    return policy.domain == nil ? "No rule of policy holds here, and no policy of a domain was read." : "No rule of policy holds here."
  }

  static func domain(_ domain: DomainPolicy, now: Int64) -> ResultElement {
    ResultElement(
      name: "Domain",
      children: [
        ResultElement(name: "Name", value: domain.domain), ResultElement(name: "Controller", value: domain.controller),
        ResultElement(name: "Machine", value: domain.machine), ResultElement(name: "Updated", value: time(domain.updated)),
        ResultElement(name: "Age", value: age(now - domain.updated)),
      ]
        + domain.objects.map { object in
          ResultElement(
            name: "Object",
            children: [
              ResultElement(name: "Name", value: object.name), ResultElement(name: "Identifier", value: object.identifier.description),
              ResultElement(name: "Link", value: object.link), ResultElement(name: "Enforced", value: object.isEnforced ? "true" : "false"),
              ResultElement(name: "Version", value: String(object.version)),
            ] + (object.stale.map { stale($0, now: now) } ?? []))
        }
        + domain.leftAside.map { object in
          ResultElement(
            name: "NotApplied",
            children: [
              ResultElement(name: "Name", value: object.object), ResultElement(name: "Link", value: object.link),
              ResultElement(name: "Because", value: object.reason),
            ])
        }
    ).onLines
  }

  /// Of an object that is as it was before.
  private static func stale(_ stale: DomainPolicy.Object.Stale, now: Int64) -> [ResultElement] {
    [
      ResultElement(name: "Stale", value: "true"), ResultElement(name: "LastRead", value: time(stale.lastRead)),
      ResultElement(name: "Age", value: age(now - stale.lastRead)), ResultElement(name: "Because", value: stale.reason),
    ]
  }

  private func rule(_ item: PolicyTree.Item, _ effect: String?) -> ResultElement {
    let isOracle = item.name.lowercased() == "allowencryptionoracle"
    let effect =
      effect ?? (isOracle ? "nothing, peers of CredSSP below version 5 are always refused" : nil)
      ?? (policy.isWithoutEffect(item) ? "nothing, it has no effect here" : nil)
    return ResultElement(
      name: "Rule",
      children: [ResultElement(name: "Name", value: item.name), ResultElement(name: "Value", value: Self.value(item.value))]
        + (effect.map { [ResultElement(name: "Decides", value: $0)] } ?? []) + Self.source(item))
  }

  static func source(_ item: PolicyTree.Item) -> [ResultElement] { source(item.source, key: item.key) }

  private static func source(_ source: PolicySource, key: String) -> [ResultElement] {
    [
      ResultElement(name: "Object", value: source.object), ResultElement(name: "File", value: source.file),
      ResultElement(name: "Key", value: "HKEY_LOCAL_MACHINE\\" + key),
    ]
  }

  static func value(_ value: RegistryValue) -> String { EffectivePolicy.shown(value) }

  /// `2026-11-22T14:55:01Z`.
  static func time(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return String(seconds) }
    var buffer = [CChar](repeating: 0, count: 64)
    guard strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0 else { return String(seconds) }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// When something was, for a sentence: `3 hours ago`.
  static func ago(_ seconds: Int64) -> String { seconds < 0 ? "at a time in the future (the clock was changed)" : "\(age(seconds)) ago" }

  /// In the largest unit that makes at least two of it.
  static func age(_ seconds: Int64) -> String {
    switch seconds {
    case ..<0: "in the future: the clock was changed"
    case ..<120: "\(seconds) seconds"
    case ..<7200: "\(seconds / 60) minutes"
    case ..<172_800: "\(seconds / 3600) hours"
    default: "\(seconds / 86_400) days"
    }
  }
}

extension ResultElement {
  /// The element with values that are part of a line each: what policy says cannot look like another line of the answer.
  var onLines: ResultElement {
    var element = self
    switch content {
    case .value(let value): element.content = .value(value.map(DomainPolicy.line))
    case .children(let children): element.content = .children(children.map(\.onLines))
    }
    return element
  }
}
