package import WireFormat

/// What is wrong with one key of a definition.
package struct DefinitionProblem: Equatable, Sendable {
    /// Path of the key inside the definition, such as `checks[0].interval`; empty for the definition itself.
    package var key: String
    package var message: String
    /// Where the value stands in its file.
    package var position: JSONPosition

    package init(key: String, message: String, position: JSONPosition) {
        self.key = key
        self.message = message
        self.position = position
    }
}
