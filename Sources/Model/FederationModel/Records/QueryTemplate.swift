/// Consul's `QueryTemplateOptions`.
package struct QueryTemplate: Equatable, Sendable {
    /// Empty or `name_prefix_match`.
    package var type: String
    /// Matched against the whole name.
    package var regexp: String
    /// Drop tags that become empty.
    package var removeEmptyTags: Bool

    package init(
        type: String = "",
        regexp: String = "",
        removeEmptyTags: Bool = false
    ) {
        self.type = type
        self.regexp = regexp
        self.removeEmptyTags = removeEmptyTags
    }
}
