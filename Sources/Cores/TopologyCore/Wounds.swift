/// What is broken on purpose at present, by what it is; empty: nothing.
package struct Wounds: Sendable {
    package private(set) var open: Set<String> = []
    /// Anything was ever broken.
    package private(set) var hasBeenOpen = false
    /// As of the last look.
    package var wasHealed = false

    package init() {}

    package mutating func add(_ what: String) {
        open.insert(what)
        hasBeenOpen = true
    }

    package mutating func remove(_ what: String) { open.remove(what) }
}
