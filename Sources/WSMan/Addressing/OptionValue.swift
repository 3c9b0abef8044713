/// One `w:Option`. Names are compared without case.
public struct OptionValue: Hashable, Sendable {
  public var name: String
  public var value: String
  /// Whether the receiver must refuse the request when it does not know the option.
  public var mustComply: Bool

  public init(_ name: String, _ value: String, mustComply: Bool = false) {
    self.name = name
    self.value = value
    self.mustComply = mustComply
  }
}
