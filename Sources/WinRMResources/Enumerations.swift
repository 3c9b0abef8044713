import SecuritySupport
import Synchronization
package import WSMan

/// The enumerations under way. An enumeration shows what there was when it began.
///
/// A context is good for one Pull, whose answer brings the next one (DSP0226 §8.4); it belongs to the caller and the resource that it was
/// given for, and expires when it rests.
package final class Enumerations: Sendable {
  /// How the items of one enumeration are handed out.
  package struct Terms: Sendable {
    /// The resource that is enumerated, in lower case.
    var resource: String
    var owner: String
    /// MaxBatchItems.
    var maximumItems: Int
    /// EnumerationTimeoutms.
    var timeout: Duration

    package init(resource: String, owner: String, maximumItems: Int, timeout: Duration) {
      self.resource = resource
      self.owner = owner
      self.maximumItems = maximumItems
      self.timeout = timeout
    }
  }

  /// An item and what it takes in a message.
  private struct SizedItem: Sendable {
    var item: EnumerationItem
    var bytes: Int
    var characters: Int
  }

  private struct Entry: Sendable {
    var terms: Terms
    var items: ArraySlice<SizedItem>
    var expiry: ContinuousClock.Instant
  }

  /// The most enumerations of one caller, and of all together. What is kept of a client that went away is gone after the timeout.
  static let maximumPerOwner = 64
  static let maximum = 1_024
  /// What the rest of an envelope takes at most.
  private static let envelope = 4_096

  private let now: @Sendable () -> ContinuousClock.Instant
  private let entries = Mutex<[String: Entry]>([:])

  package init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

  /// Answers Enumerate.
  ///
  /// - Parameters:
  ///   - items: all there are.
  ///   - envelopeSize: the largest answer that the caller takes.
  /// - Throws: EncodingLimit for an item that is larger, QuotaLimit for a caller with too many enumerations.
  package func begin(
    _ items: [EnumerationItem], _ request: EnumerateRequest, _ terms: Terms, envelopeSize: Int
  ) throws(WSManFault) -> EnumerationBatch {
    var rest = items.map(Self.sized)[...]
    guard request.isOptimized else { return EnumerationBatch(context: try keep(rest, terms)) }
    let batch = try Self.take(
      &rest, count: min(request.maxElements ?? 1, terms.maximumItems), characters: .max, envelopeSize: envelopeSize)
    return EnumerationBatch(items: batch, context: rest.isEmpty ? nil : try keep(rest, terms))
  }

  /// Answers Pull.
  ///
  /// - Throws: InvalidEnumerationContext; EncodingLimit, after which the context is still good.
  package func next(_ request: PullRequest, owner: String, resource: String, envelopeSize: Int) throws(WSManFault) -> EnumerationBatch {
    var entry = try remove(request.context, owner: owner, resource: resource)
    let count = min(request.maxElements ?? 1, entry.terms.maximumItems)
    let batch: [EnumerationItem]
    do {
      batch = try Self.take(
        &entry.items, count: count, characters: request.maxCharacters ?? .max, envelopeSize: envelopeSize)
    } catch {
      // Nothing has been handed out: the caller may ask again with more room.
      entry.expiry = now() + entry.terms.timeout
      entries.withLock { [entry] in $0[request.context] = entry }
      throw error
    }
    return EnumerationBatch(items: batch, context: entry.items.isEmpty ? nil : try keep(entry.items, entry.terms))
  }

  /// Answers Release.
  ///
  /// - Throws: InvalidEnumerationContext.
  package func release(_ context: String, owner: String, resource: String) throws(WSManFault) {
    _ = try remove(context, owner: owner, resource: resource)
  }

  private func keep(_ items: ArraySlice<SizedItem>, _ terms: Terms) throws(WSManFault) -> String {
    let context = "uuid:" + GUIDText.random()
    let now = now()
    let limit: Int? = entries.withLock { entries in
      entries = entries.filter { $0.value.expiry > now }
      guard entries.count < Self.maximum else { return Self.maximum }
      guard entries.values.count(where: { $0.terms.owner == terms.owner }) < Self.maximumPerOwner else { return Self.maximumPerOwner }
      entries[context] = Entry(terms: terms, items: items, expiry: now + terms.timeout)
      return nil
    }
    if let limit { throw .quotaMaxOperations(limit: limit) }
    return context
  }

  /// Somebody else's context is not known to the caller.
  private func remove(_ context: String, owner: String, resource: String) throws(WSManFault) -> Entry {
    let now = now()
    let entry: Entry? = entries.withLock { entries in
      guard let entry = entries[context], entry.terms.owner == owner, entry.terms.resource == resource else { return nil }
      entries[context] = nil
      return entry.expiry > now ? entry : nil
    }
    guard let entry else { throw .invalidEnumerationContext() }
    return entry
  }

  /// Takes as many items as there is room for, and at least one.
  private static func take(
    _ items: inout ArraySlice<SizedItem>, count: Int, characters: Int, envelopeSize: Int
  ) throws(WSManFault) -> [EnumerationItem] {
    var batch: [EnumerationItem] = []
    var (bytesLeft, charactersLeft) = (max(0, envelopeSize - envelope), characters)
    while let next = items.first, batch.count < count {
      guard next.bytes <= bytesLeft, next.characters <= charactersLeft else {
        guard !batch.isEmpty else {
          throw next.bytes > bytesLeft
            ? .responseTooLarge(maximum: envelopeSize)
            : .encodingLimit(
              .maxEnvelopeSize, code: .maxEnvelopeSizeExceeded,
              "One item has \(next.characters) characters, more than the MaxCharacters of the request.")
        }
        break
      }
      bytesLeft -= next.bytes
      charactersLeft -= next.characters
      batch.append(next.item)
      items.removeFirst()
    }
    return batch
  }

  private static func sized(_ item: EnumerationItem) -> SizedItem {
    let text = (item.object?.xml() ?? "") + (item.reference?.element().xml() ?? "")
    // Declarations that the printer finds in scope already may be written again.
    return SizedItem(item: item, bytes: text.utf8.count + 256, characters: text.unicodeScalars.count)
  }
}
