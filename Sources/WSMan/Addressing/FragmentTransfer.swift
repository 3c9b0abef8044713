/// Which part of a resource is meant (`w:FragmentTransfer`, DSP0226 §7.7). The header is always written with mustUnderstand.
public struct FragmentTransfer: Hashable, Sendable {
  /// The path in the language of ``dialect``, such as `Status/text()`.
  public var path: String
  /// The language of the path; `nil` for XPath 1.0, which counts where nothing is said.
  public var dialect: String?

  public init(_ path: String, dialect: String? = nil) {
    self.path = path
    self.dialect = dialect
  }

  /// XPath 1.0.
  public static let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116"
}
