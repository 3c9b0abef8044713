import CExpat

/// Reads XML into a small tree, with expat.
///
/// Accepted are UTF-8 and UTF-16 with a byte order mark, an XML declaration, comments (dropped) and CDATA (read as text). A document type
/// declaration stops the parser before it reads what is inside, so that no entity can ever be declared; processing instructions are
/// refused as well (SOAP 1.2 §5).
public enum XMLReader {
  /// Parses a whole document.
  ///
  /// - Throws: ``WSManError`` with the codes `malformedXML`, `forbiddenXML`, `unsupportedEncoding` and `limit`.
  public static func parse(_ bytes: [UInt8], limits: XMLLimits = .request) throws(WSManError) -> XMLElement {
    guard bytes.count <= limits.maximumBytes, let count = Int32(exactly: bytes.count) else {
      throw WSManError(.limit, "The document has \(bytes.count) bytes; at most \(limits.maximumBytes) are read.")
    }
    guard let parser = XML_ParserCreateNS(nil, XMLTreeBuilder.separator) else {
      throw WSManError(.limit, "No memory is left for an XML parser.")
    }
    defer { XML_ParserFree(parser) }
    let builder = XMLTreeBuilder(parser: parser, limits: limits)
    // The parser holds the builder unretained: it must outlive every call into expat, and does to the end of this scope.
    return try withExtendedLifetime(builder) { () throws(WSManError) -> XMLElement in
      builder.register()
      let status = bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { XML_Parse(parser, $0.baseAddress, count, 1) }
      }
      return try builder.finish(status)
    }
  }
}
