/// Reads XML into a small tree.
public enum XMLReader {
  public static func parse(_ bytes: [UInt8], limits: XMLLimits = .request) throws(WSManError) -> XMLElement {
    throw WSManError(.malformedXML, "not implemented")
  }
}
