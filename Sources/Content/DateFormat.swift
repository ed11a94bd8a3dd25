import Core

/// The part of strftime that needs no language: `%Y %y %m %d %e %H %I %M %S %p %j %%`. Times show as they were written, in their own offset.
enum DateFormat {
    /// The first directive that is not known.
    static func unknownDirective(in format: String) -> Character? {
        var rest = Substring(format)
        while let percent = rest.firstIndex(of: "%") {
            let next = rest.index(after: percent)
            guard next < rest.endIndex else { return "%" }
            guard "YymdeHIMSpj%".contains(rest[next]) else { return rest[next] }
            rest = rest[rest.index(after: next)...]
        }
        return nil
    }

    static func text(of date: DateText, format: String) -> String {
        var out = ""
        var isDirective = false
        for character in format {
            guard isDirective else {
                if character == "%" { isDirective = true } else { out.append(character) }
                continue
            }
            isDirective = false
            switch character {
            case "Y": out += pad(date.date.year, 4)
            case "y": out += pad(date.date.year % 100, 2)
            case "m": out += pad(date.date.month, 2)
            case "d": out += pad(date.date.day, 2)
            case "e": out += String(date.date.day)
            case "H": out += pad(date.hour, 2)
            case "I": out += pad((date.hour + 11) % 12 + 1, 2)
            case "M": out += pad(date.minute, 2)
            case "S": out += pad(date.second, 2)
            case "p": out += date.hour < 12 ? "AM" : "PM"
            case "j":
                let newYear = CivilDate(year: date.date.year, month: 1, day: 1)
                out += pad(date.date.daysSinceEpoch - newYear.daysSinceEpoch + 1, 3)
            default: out.append(character)
            }
        }
        return out
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
