/// A record behind one pointer: copying what holds it is a retain, not a copy of some thirty strings, and a table of
/// such records has no empty places of their size.
///
/// Public, so that other modules reach the record without a call (`Docs/Decisions/0005-what-is-hot-is-public.md`).
public final class Shared<Record: Sendable>: Sendable {
    public let record: Record

    @inlinable public init(_ record: Record) { self.record = record }
}
