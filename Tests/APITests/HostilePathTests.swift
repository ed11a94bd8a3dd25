import API
import Core
import HTTPServer
import Testing

/// Paths that scanners try, and spellings that fool a front into letting something through: none leads anywhere.
@Suite struct HostilePathTests {
    /// What other programs leave open.
    private static let foreign = [
        "/.env", "/.env.local", "/.env.bak", "/.git/config", "/.git/HEAD", "/.svn/entries", "/.hg/hgrc", "/.DS_Store", "/.htaccess", "/.htpasswd",
        "/.ssh/id_rsa", "/.aws/credentials", "/.docker/config.json", "/.npmrc", "/.vscode/settings.json", "/.well-known/security.txt",
        "/actuator", "/actuator/", "/actuator/env", "/actuator/health", "/actuator/heapdump", "/actuator/gateway/routes", "/jolokia/list",
        "/debug", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/debug/requests", "/server-status", "/server-info", "/nginx_status", "/stub_status",
        "/admin", "/admin/", "/administrator", "/console", "/manager/html", "/phpmyadmin/", "/pma/", "/wp-login.php", "/wp-admin/", "/wp-json/wp/v2/users",
        "/xmlrpc.php", "/index.php", "/info.php", "/phpinfo.php", "/shell.php", "/cgi-bin/test-cgi", "/cgi-bin/.%2e/.%2e/bin/sh", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/config.json", "/config.yml", "/clairon.db", "/data/clairon.db", "/ledger-1.db", "/backup.sql", "/dump.sql", "/backup.zip", "/id_rsa", "/etc/passwd",
        "/openapi.json", "/openapi.yaml", "/swagger.json", "/swagger-ui.html", "/swagger/index.html", "/v2/api-docs", "/v3/api-docs", "/api-docs", "/docs", "/redoc",
        "/graphql", "/graphiql", "/api", "/api/v1", "/v0/keys", "/v2/keys", "/internal/keys", "/metrics/", "/metrics.json", "/health", "/status", "/version",
        "/solr/admin/info/system", "/_search", "/_cat/indices", "/_ignition/execute-solution", "/telescope/requests", "/favicon.ico", "/robots.txt", "/sitemap.xml",
        "/owa/auth/logon.aspx", "/autodiscover/autodiscover.xml", "/remote/fgt_lang", "/dana-na/auth/url_default/welcome.cgi", "/geoserver/web/", "/struts2/index.action",
        "/.%00", "/nacos/v1/auth/users", "/druid/index.html", "/hudson", "/jenkins/script", "/consul/v1/agent/self", "/latest/meta-data/", "/computeMetadata/v1/",
    ]

    /// Other spellings of `/v1/keys`, which must not be it.
    private static let spellings = [
        "/..;/v1/keys", "/..;/", "/%2e%2e/v1/keys", "/%2e%2e/", "/%2E%2E%2Fv1/keys", "/../v1/keys", "/v1/../v1/keys", "/v1/./keys", "/v1/%2e/keys", "/./v1/keys",
        "/v1//keys", "//v1/keys", "///v1///keys", "/v1/keys%00", "/v1/%00keys", "/v1/keys%0a", "/v1/keys%0d%0a", "/v1/keys%20", "/v1/keys%09", "/v1/keys%ff", "/v1/keys%c0%af",
        "/v1/keys;x=1", "/v1;/keys", "/v1/keys;.json", "/v1/keys/", "/v1/keys/.", "/v1/keys/..", "/v1/keys.", "/v1/keys..", "/v1/keys.json", "/v1/keys~", "/v1/keys*", "/v1/keys'",
        "/V1/keys", "/v1/Keys", "/v1/KEYS", "/V1/KEYS", "/v1\\keys", "/v1%5ckeys", "/v1%2fkeys", "/v1%2Fkeys", "/%2fv1%2fkeys", "/v1/keys%2f", "/v1/keys%2f..", "/v1/keys%3f", "/v1/keys%23",
        "/v1/%252e%252e/keys", "/v1/keys%2500", "/v1/k%65ys/", "/v1/%u006beys", "/v1/keys%", "/v1/keys%2", "/v1/keys%zz", "/v1/keys#x", "/v1/ｋeys", "/v1/keys\u{200B}",
        "/healthz/../v1/keys", "/healthz/..%2fv1/keys", "/healthz;/../v1/keys", "/metrics/..;/v1/keys", "/hooks/..%2f..%2fv1%2fkeys", "/hooks/%2e%2e/v1/keys",
    ]

    @Test func `paths of other programs are not there, with a key and without`() async throws {
        try await CampaignServer.run { server in
            for path in HostilePathTests.foreign {
                for key in [nil, server.key] as [String?] {
                    let reply = try await server.send("GET", path, key: .some(key))
                    #expect([400, 404].contains(reply.status), "\(path): \(reply.status)")
                }
            }
        }
    }

    @Test func `another spelling of a path never leads to it`() async throws {
        try await CampaignServer.run { server in
            for path in HostilePathTests.spellings {
                for key in [nil, server.key] as [String?] {
                    let reply = try await server.send("GET", path, key: .some(key))
                    #expect([400, 401, 404, 405].contains(reply.status), "\(path): \(reply.status)")
                }
            }
        }
    }

    @Test(arguments: [
        ("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE"), ("X-Original-URL", "/healthz"),
        ("X-Rewrite-URL", "/healthz"), ("X-Forwarded-Prefix", "/v1"), ("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"), ("X-Custom-IP-Authorization", "127.0.0.1"), ("X-Forwarded-Host", "localhost"), ("X-Forwarded-User", "admin"),
        ("X-Authenticated-User", "admin"), ("X-Api-Version", "0"),
    ])
    func `no header stands for a key, a path or a method`(name: String, value: String) async throws {
        try await CampaignServer.run { server in
            let header = [(name, value)]
            let keyless = try await server.send("GET", "/v1/keys", key: .some(nil), headers: header)
            #expect(keyless.status == 401)
            let nowhere = try await server.send("GET", "/none", headers: header)
            #expect(nowhere.status == 404)
            let key = try await server.send("GET", "/v1/keys/key_1", headers: header)
            #expect(key.status == 200 && key.json["revoked_at"] == .null)
            let after = try await server.send("GET", "/v1/keys/key_1")
            #expect(after.status == 200 && after.json["revoked_at"] == .null)
        }
    }
}
