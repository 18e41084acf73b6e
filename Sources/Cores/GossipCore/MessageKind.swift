/// First byte of every memberlist message (`wire/serf-gossip.md` 1.1).
package enum MessageKind: UInt8, Sendable {
    case ping = 0
    case indirectPing = 1
    case ack = 2
    case suspect = 3
    case alive = 4
    case dead = 5
    case pushPull = 6
    case compound = 7
    case user = 8
    case compress = 9
    case encrypt = 10
    case nack = 11
    case checksum = 12
    case error = 13
    case label = 244
}
