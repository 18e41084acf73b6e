/// Percent-encoding (RFC 3986 §2.1) of everything but unreserved characters and those of `keeping`.
package func percentEncoded(_ text: String, keeping kept: String = "") -> String {
    // Mostly nothing is to be done.
    if text.utf8.allSatisfy({ isUnreserved($0) || kept.utf8.contains($0) }) { return text }
    let digits: StaticString = "0123456789ABCDEF"
    var result: [UInt8] = []
    for byte in text.utf8 {
        if isUnreserved(byte) || kept.utf8.contains(byte) {
            result.append(byte)
        } else {
            result.append(UInt8(ascii: "%"))
            result.append(digits.utf8Start[Int(byte >> 4)])
            result.append(digits.utf8Start[Int(byte & 15)])
        }
    }
    return String(decoding: result, as: UTF8.self)
}

private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
    default: false
    }
}
