package import FederationModel
package import WireFormat

/// The object before each body: `Seq` and `ServiceMethod`, in responses also `Error` (`wire/consul-rpc.md` 1.6).
package struct RPCHeader: Equatable, Sendable {
    /// `Service.Method`.
    package var method: String
    /// Echoed by the acceptor; peers do not check it.
    package var sequence: UInt64
    /// Empty on success and in requests.
    package var error: String
    /// `FederationError.label` of `error`, which says more than Consul's text does. Ours; other peers skip it.
    package var errorLabel: String
    /// What else is known of `error`. Ours; other peers skip it.
    package var errorDetails: ErrorDetails
    /// In requests: for how many milliseconds the asker will wait. Ours; other peers skip it.
    package var timeLimit: UInt64?
    /// In requests of ours.
    package var notes: CallNotes

    package init(
        method: String = "", sequence: UInt64 = 0, error: String = "", errorLabel: String = "",
        errorDetails: ErrorDetails = ErrorDetails(), timeLimit: UInt64? = nil, notes: CallNotes = CallNotes()
    ) {
        self.method = method
        self.sequence = sequence
        self.error = error
        self.errorLabel = errorLabel
        self.errorDetails = errorDetails
        self.timeLimit = timeLimit
        self.notes = notes
    }

    /// Both kinds of header, as a map or as a positional array in Go's declaration order. Missing keys stay empty,
    /// unknown ones are skipped.
    package init(decoding reader: inout MessagePackReader) throws(WireError) {
        self.init()
        if reader.nextIsArray {
            for position in 0..<(try reader.readArrayHeader() ?? 0) {
                switch position {
                case 0: method = try reader.readString()
                case 1: sequence = try reader.readUnsigned()
                case 2: error = try reader.readString()
                default: try reader.skip()
                }
            }
            return
        }
        for _ in 0..<(try reader.readMapHeader() ?? 0) {
            switch try reader.readString() {
            case "ServiceMethod": method = try reader.readString()
            case "Seq": sequence = try reader.readUnsigned()
            case "Error": error = try reader.readString()
            case "IsthmusError": errorLabel = try reader.readString()
            case "IsthmusDetails": errorDetails = try ErrorDetails(decoding: &reader)
            case "IsthmusExplain": notes.explains = try reader.readBool()
            case "IsthmusHops": notes.hopCount = Int(clamping: try reader.readUnsigned())
            case "IsthmusTimeout": timeLimit = try reader.readUnsigned()
            default: try reader.skip()
            }
        }
    }

    /// Enough for the header on the wire, its integers at their longest.
    var maxByteCount: Int {
        128 + method.utf8.count + error.utf8.count + errorLabel.utf8.count + errorDetails.maxByteCount
    }

    private static let explainKey: [UInt8] = [0xAE] + Array("IsthmusExplain".utf8)
    private static let hopsKey: [UInt8] = [0xAB] + Array("IsthmusHops".utf8)
    private static let timeLimitKey: [UInt8] = [0xAE] + Array("IsthmusTimeout".utf8)
    private static let errorLabelKey: [UInt8] = [0xAC] + Array("IsthmusError".utf8)
    private static let errorDetailsKey: [UInt8] = [0xAE] + Array("IsthmusDetails".utf8)
    private static let errorKey: [UInt8] = [0xA5] + Array("Error".utf8)
    private static let sequenceKey: [UInt8] = [0xA3] + Array("Seq".utf8)
    private static let methodKey: [UInt8] = [0xAD] + Array("ServiceMethod".utf8)

    /// Appends the header with sorted keys, as real peers send it.
    package func encodeRequest(into output: inout [UInt8]) {
        output.append(0x82 + (timeLimit == nil ? 0 : 1) + (notes.explains ? 1 : 0) + (notes.hopCount > 0 ? 1 : 0))
        if notes.explains {
            output.append(contentsOf: Self.explainKey)
            output.append(0xC3)
        }
        if notes.hopCount > 0 {
            output.append(contentsOf: Self.hopsKey)
            Self.append(UInt64(clamping: notes.hopCount), to: &output)
        }
        if let timeLimit {
            output.append(contentsOf: Self.timeLimitKey)
            Self.append(timeLimit, to: &output)
        }
        output.append(contentsOf: Self.sequenceKey)
        Self.append(sequence, to: &output)
        output.append(contentsOf: Self.methodKey)
        Self.append(method, to: &output)
    }

    package func encodeResponse(into output: inout [UInt8]) {
        let details = errorDetails.encoded
        output.append(0x83 + (errorLabel.isEmpty ? 0 : 1) + (details.isEmpty ? 0 : 1))
        output.append(contentsOf: Self.errorKey)
        Self.append(error, to: &output)
        if !details.isEmpty {
            output.append(contentsOf: Self.errorDetailsKey)
            output.append(contentsOf: details)
        }
        if !errorLabel.isEmpty {
            output.append(contentsOf: Self.errorLabelKey)
            Self.append(errorLabel, to: &output)
        }
        output.append(contentsOf: Self.sequenceKey)
        Self.append(sequence, to: &output)
        output.append(contentsOf: Self.methodKey)
        Self.append(method, to: &output)
    }

    /// The shortest unsigned form.
    private static func append(_ value: UInt64, to output: inout [UInt8]) {
        let width =
            switch value {
            case 0..<128: 0
            case 128..<256: 1
            case 256..<65536: 2
            case 65536..<4_294_967_296: 4
            default: 8
            }
        switch width {
        case 0: break
        case 1: output.append(0xCC)
        case 2: output.append(0xCD)
        case 4: output.append(0xCE)
        default: output.append(0xCF)
        }
        for place in stride(from: max(width, 1) - 1, through: 0, by: -1) {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
        }
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        let count = text.utf8.count
        switch count {
        case 0..<32: output.append(0xA0 | UInt8(count))
        case 32..<65536: output.append(contentsOf: [0xDA, UInt8(count >> 8), UInt8(count & 0xFF)])
        default:
            output.append(0xDB)
            for place in [24, 16, 8, 0] { output.append(UInt8(truncatingIfNeeded: count >> place)) }
        }
        output.append(contentsOf: text.utf8)
    }
}
