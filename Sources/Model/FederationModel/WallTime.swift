/// A moment of the calendar, as far as people and Consul's wire need one: seconds since the year 1 in UTC, as Go
/// counts. Nothing is decided by it.
package struct WallTime: Hashable, Sendable {
    package var seconds: Int64
    package var nanoseconds: Int32
    /// Minutes east of UTC as a peer wrote them; −1 is UTC. The seconds are UTC's whatever it says.
    package var zone: Int16 = -1

    /// Go's zero time.
    package init() {
        seconds = 0
        nanoseconds = 0
    }

    /// Seconds from the year 1 to 1970.
    private static let unixEpoch: Int64 = 62_135_596_800

    /// - Parameter unix: nanoseconds since 1970.
    package init(unix: Int64) {
        let whole = unix.quotientAndRemainder(dividingBy: 1_000_000_000)
        let isBefore = whole.remainder < 0
        seconds = Self.unixEpoch + whole.quotient - (isBefore ? 1 : 0)
        nanoseconds = Int32(whole.remainder + (isBefore ? 1_000_000_000 : 0))
    }

    package init(seconds: Int64, nanoseconds: Int32, zone: Int16 = -1) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.zone = zone
    }
}

extension WallTime: CustomStringConvertible {
    /// RFC 3339 in UTC to the second, as Consul shows it.
    package var description: String {
        // What a hostile peer wrote is shown as the nearest year of four digits.
        let seconds = min(max(0, seconds), 315_537_897_599)
        let days = Int(seconds / 86_400)
        let rest = Int(seconds % 86_400)
        let (year, month, day) = Self.date(daysSinceYearOne: days)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let digits = String(year)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(padded)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// Gregorian calendar, by 400 years of 146,097 days.
    private static func date(daysSinceYearOne: Int) -> (year: Int, month: Int, day: Int) {
        // Days since 1 March of the year 0: leap days then end their years.
        let days = daysSinceYearOne + 306
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
