/// What is broken on purpose at present, by what it is; empty: nothing.
struct Wounds: Sendable {
    private(set) var open: Set<String> = []
    /// Anything was ever broken.
    private(set) var hasBeenOpen = false
    /// As of the last look.
    var wasHealed = false

    mutating func add(_ what: String) {
        open.insert(what)
        hasBeenOpen = true
    }

    mutating func remove(_ what: String) { open.remove(what) }
}
