/// First byte of every Serf message (`wire/serf-gossip.md` 5.1).
package enum SerfKind: UInt8, Sendable {
    case leaveIntent = 0
    case joinIntent = 1
    case pushPull = 2
    case userEvent = 3
    case query = 4
    case queryResponse = 5
    case conflictResponse = 6
    case keyRequest = 7
    case keyResponse = 8
    case relay = 9
}
