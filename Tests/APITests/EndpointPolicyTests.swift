import API
import Testing

@Suite struct EndpointPolicyTests {
    /// Every way of writing a target that is, or may become, one of the operator's own network.
    static let refused: [String] = [
        "http://push.example.com/a", "https://user@push.example.com/", "https://user:pw@10.0.0.1/", "https://", "https:///a", "ftp://push.example.com/",
        "https://localhost/", "https://LOCALHOST:8443/", "https://localhost./", "https://printer.local/", "https://db.internal/", "https://router/",
        "https://127.0.0.1/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://2130706433/",
        "https://127.0.0.1./", "https://10.1.2.3/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/",
        "https://100.64.0.1/", "https://0.0.0.0/", "https://192.0.2.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
        "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/", "https://[2001:db8::1]/", "https://[2001::1]/", "https://[ff02::1]/", "https://[fec0::1]/", "https://[::ffff:7f00:1]/",
        "https://[::1/", "https://[zz]/", "https://push.example.com:x/", "https://a..b.com/", "https://1.2.3.256/", "https://1.2.3.4.5/",
        "https://4.3.2.1.in-addr.arpa/",
        "https://0/", "https://0x0/", "https://00000000177.0.0.1/", "https://017700000001/", "https://0x7F.1/", "https://127.0.1/", "https://127.0x0.0.1/",
        "https://0x7f000001./", "https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:ffff:7f00:0001]/", "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::8.8.8.8]/", "https://[64:ff9b:1::a00:1]/", "https://[2001:0:7f00:1::]/", "https://[100::1]/",
        "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[3fff::1]/", "https://[::1]:8443/", "https://[::1]x/", "https://::1/",
        "https://a.localhost/", "https://A.B.LocalHost./", "https://host.localdomain/", "https://x.test/", "https://x.home.arpa/", "https://x.onion/",
        "https://push.example.com@127.0.0.1/", "https://127.0.0.1:443@push.example.com/", "https://push.example.com%40127.0.0.1/",
        "https://push.example.com\\@127.0.0.1/", "https://push.example.com%2f@127.0.0.1/", "https://%31%32%37.0.0.1/", "https://127%2e0%2e0%2e1/",
        "https://127\u{3002}0\u{3002}0\u{3002}1/", "https://127\u{FF0E}0\u{FF0E}0\u{FF0E}1/", "https://\u{FF11}\u{FF12}\u{FF17}.0.0.1/",
        "https://\u{2460}\u{2461}\u{2466}.0.0.1/", "https://\u{FF4C}ocalhost/", "https://loc\u{AD}alhost/", "https://\u{24DB}ocalhost/", "https://\u{0661}27.0.0.1/",
        "https://push.example.com:0/", "https://push.example.com:65536/", "https://push.example.com:/", "https://push.example.com:443:80/", "https://push.example.com:+443/",
        "https://push example.com/", "https:/push.example.com/", "https:push.example.com/", " https://push.example.com/", "//127.0.0.1/", "https://.push.example.com/",
        "https://push.example.com../", "https://192.0.0.1/", "https://192.88.99.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://240.0.0.1/", "https://0.1.2.3/",
    ]

    @Test(arguments: refused)
    func `leads into the network of the operator, or cannot be told`(url: String) {
        #expect(EndpointPolicy.refusal(of: url, allowsPrivate: false) != nil)
        #expect(EndpointPolicy.refusal(of: url, allowsPrivate: true) == nil)
    }

    @Test(arguments: [
        "https://fcm.googleapis.com/fcm/send/abc", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://wns2-par02p.notify.windows.com/w/?token=x",
        "https://web.push.apple.com/abc", "HTTPS://push.example.com:8443/x", "https://9.9.9.9/x", "https://172.32.0.1/", "https://[2606:4700::1111]/x",
        "https://push.example.com./x",
    ])
    func `leads to the open internet`(url: String) {
        #expect(EndpointPolicy.refusal(of: url, allowsPrivate: false) == nil)
    }
}
