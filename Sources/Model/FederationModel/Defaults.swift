/// Consul's default ports.
package enum DefaultPort {
    package static let http: UInt16 = 8500
    package static let dns: UInt16 = 8600
    package static let server: UInt16 = 8300
    package static let serfLAN: UInt16 = 8301
    package static let serfWAN: UInt16 = 8302
}

/// What this build says of itself.
package enum Build {
    package static let version = "0.1.0"
    /// Consul's version whose interfaces are spoken.
    package static let consulVersion = "1.8.7"
    /// The gossip tag `ft_isthmus`: raised when servers learn something older ones do not know.
    package static let protocolNumber = 2
}
