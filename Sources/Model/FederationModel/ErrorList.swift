/// Several failures in the form of Consul's texts.
package enum ErrorList {
    package static func text(_ errors: [String]) -> String {
        let heading = errors.count == 1 ? "1 error" : "\(errors.count) errors"
        return "\(heading) occurred:\n" + errors.map { "\t* \($0)\n" }.joined() + "\n"
    }
}
