import Foundation

/// The known answers of `vectors.json`, made with independent implementations (its `meta` says which).
public enum TestVectors {
  /// The whole file as JSON objects.
  public static func root() throws -> [String: Any] {
    guard let url = Bundle.module.url(forResource: "vectors", withExtension: "json") else { throw Missing(path: "vectors.json") }
    guard let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] else {
      throw Missing(path: "object at the top")
    }
    return object
  }

  /// The value at a path of keys and array indices separated by `/`, such as `ntlm/spec_vectors/common/user`.
  public static func value<T>(_ path: String, as: T.Type = T.self) throws -> T {
    var node: Any = try root()
    for step in path.split(separator: "/").map(String.init) {
      if let object = node as? [String: Any], let next = object[step] {
        node = next
      } else if let list = node as? [Any], let index = Int(step), list.indices.contains(index) {
        node = list[index]
      } else {
        throw Missing(path: path)
      }
    }
    guard let result = node as? T else { throw Missing(path: path) }
    return result
  }

  /// The bytes of the hexadecimal string at `path`.
  public static func bytes(_ path: String) throws -> [UInt8] { try bytes(hexadecimal: value(path)) }

  /// The bytes of a hexadecimal string.
  public static func bytes(hexadecimal text: String) throws -> [UInt8] {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { throw Missing(path: text) }
    return try stride(from: 0, to: digits.count, by: 2).map { index in
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else { throw Missing(path: text) }
      return byte
    }
  }

  public struct Missing: Error { public var path: String }
}
