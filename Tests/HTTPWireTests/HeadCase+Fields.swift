extension HeadCase {
    /// RFC 9112 §5, RFC 9110 §5.5.
    static let fieldLines: [HeadCase] = [
        fields("tabs around a value", "X-A:\tb\t\r\n", 0),
        fields("an empty value", "X-A:\r\n", 0),
        fields("obs-text", "X-A: caf\u{E9}\r\n", 0),
        fields("every kind of token byte", "!#$%&'*+-.^_`|~09azAZ: b\r\n", 0),
        fields("a space before the colon", "X-A : b\r\n"),
        fields("a tab before the colon", "X-A\t: b\r\n"),
        fields("no colon", "X-A b\r\n"),
        fields("no name", ": b\r\n"),
        fields("a space in a name", "X A: b\r\n"),
        fields("a parenthesis in a name", "X(A: b\r\n"),
        fields("a vertical tab in a name", "X\u{B}A: b\r\n"),
        fields("a NUL in a name", "X\u{0}: b\r\n"),
        fields("a byte above ASCII in a name", "X-T\u{EB}st: b\r\n"),
        fields("a folded value", "X-A: one\r\n two\r\n"),
        fields("a NUL in a value", "X-A: a\u{0}b\r\n"),
        fields("a bell in a value", "X-A: a\u{7}b\r\n"),
        fields("a DEL in a value", "X-A: a\u{7F}b\r\n"),
        fields("a bare carriage return in a value", "X-A: a\rb\r\n"),
        fields("a bare line feed at the end", "X-A: b\n"),
        fields("a carriage return that ends the block", "\rX-A: b\r\n"),
        HeadCase("white space before the first field", "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
        HeadCase("a bare line feed as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        fields("a hundred fields", String(repeating: "X-A: b\r\n", count: 99), 0),
        fields("a hundred and one", String(repeating: "X-A: b\r\n", count: 100), 431),
        fields("a long name", String(repeating: "X", count: 257) + ": b\r\n", 431),
        fields("a long line", "X-A: \(String(repeating: "b", count: 16_385))\r\n", 431),
        fields("white space without end", "X-A:\(String(repeating: " ", count: 16_385))", 431),
        fields("too much in all", String(repeating: "X-A: \(String(repeating: "b", count: 16_000))\r\n", count: 5), 431),
    ]

    /// RFC 9112 §3.2, RFC 3986 §3.2.2.
    static let hosts: [HeadCase] = [
        host("a name", "example.com", 0), host("a name and a port", "example.com:8080", 0),
        host("an empty port", "example.com:", 0), host("IPv4", "127.0.0.1", 0),
        host("IPv6", "[::1]:8080", 0), host("IPv6 in full", "[1:2:3:4:5:6:7:8]", 0),
        host("IPv6 with IPv4", "[::ffff:1.2.3.4]", 0), host("the IPv6 null", "[::]", 0),
        host("an escape", "a%41", 0), host("an underscore", "my_host", 0),
        host("nothing", ""), host("a list", "a, b"), host("a tight list", "a,b"), host("user info", "u@a"),
        host("a path", "a/b"), host("a URI", "http://a"), host("a port of letters", "a:b"),
        host("two ports", "a:1:2"), host("a port too high", "a:65536"), host("a long port", "a:000080"),
        host("only a port", ":80"), host("an open bracket", "[::1"), host("text after the bracket", "[::1]x"),
        host("two compressions", "[1::2::3]"), host("nine groups", "[1:2:3:4:5:6:7:8:9]"),
        host("seven groups", "[1:2:3:4:5:6:7]"), host("a group of five", "[12345::]"),
        host("three colons", "[:::1]"), host("one colon first", "[:1::2]"), host("one colon last", "[1::2:]"),
        host("IPv4 too high", "[::1.2.3.256]"), host("IPv4 too short", "[::1.2.3]"),
        host("a leading zero in IPv4", "[::01.2.3.4]"), host("a zone", "[fe80::1%25eth0]"),
        host("a future address", "[v1.a]"), host("a broken escape", "a%4"), host("a byte above ASCII", "\u{E9}"),
        host("a space", "a b"), host("a backslash", "a\\b"),
        HeadCase("no Host", "GET / HTTP/1.1\r\nX: a\r\n\r\n"),
        HeadCase("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n"),
        HeadCase("two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
        HeadCase("absolute form does not excuse Host", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ]

    private static func host(_ name: String, _ value: String, _ status: Int = 400) -> HeadCase {
        HeadCase("Host with \(name)", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", status)
    }
}
