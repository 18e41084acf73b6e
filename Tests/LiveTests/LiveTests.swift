import Testing

/// Real processes on loopback, one test at a time: each takes addresses, folders and the machine's time.
@Suite("Real processes", .serialized) struct LiveTests {}
