"""What takes the messages: nginx over TLS on a core of its own, with HTTP/1.1 and HTTP/2, which reads a request and says yes."""
import os, shutil, socket, subprocess, sys, tempfile, time

CORES = sorted(os.sched_getaffinity(0))
# What is measured runs on the first core, whatever else there is on the others.
MEASURED, OTHERS = CORES[:1], CORES[1:] or CORES

CONFIG = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; worker_processes 1; pid {folder}/pid; {user}
events {{ worker_connections 2048; }}
http {{
  log_format moment '$msec $status $request_uri'; access_log {folder}/log moment; client_body_buffer_size 16k;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    keepalive_requests 1000000000; keepalive_timeout 1h; http2_max_concurrent_streams 128;
    location /token {{ default_type application/json; echo_read_request_body; echo '{{"access_token":"bench","expires_in":3600,"token_type":"Bearer"}}'; }}
    location /v1/ {{ default_type application/json; echo_read_request_body; echo '{{"name":"projects/bench/messages/0:1500415314455276%31bd1c9631bd1c96"}}'; }}
    location /3/ {{ add_header apns-id $http_apns_id; return 200; }}
    location /push/ {{ echo_status 201; add_header Location /message/1; echo_read_request_body; echo ''; }}
  }}
}}
"""


def on(cores):
    return lambda: os.sched_setaffinity(0, cores)


class Peer:
    def __init__(self):
        os.environ["PATH"] += ":/usr/sbin"
        self.folder = tempfile.mkdtemp(prefix="peer.")
        self.ca_file = f"{self.folder}/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-keyout", f"{self.folder}/key.pem", "-out", self.ca_file, "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        with open(f"{self.folder}/nginx.conf", "w") as file:
            file.write(CONFIG.format(folder=self.folder, port=self.port, user="user root;" if os.getuid() == 0 else ""))
        self.process = subprocess.Popen(["nginx", "-p", self.folder, "-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/error.log"],
                                        env={**os.environ, "NGINX": f"{listener.fileno()};"}, pass_fds=[listener.fileno()],
                                        preexec_fn=on(OTHERS))
        listener.close()
        time.sleep(0.3)
        if self.process.poll() is not None:
            sys.exit(f"nginx did not start:\n{open(self.folder + '/error.log').read()}")

    def mark(self):
        """Where the log stands: what comes later is what the peer takes from now on."""
        return os.path.getsize(f"{self.folder}/log")

    def first(self, mark, path="/v1/"):
        """When the first request to that path came, in seconds since 1970; None as long as there is none."""
        with open(f"{self.folder}/log") as file:
            file.seek(mark)
            return next((float(line.split()[0]) for line in file if line.split()[2:] and line.split()[2].startswith(path)), None)

    def taken(self, mark, path="/v1/"):
        with open(f"{self.folder}/log") as file:
            file.seek(mark)
            return sum(line.split()[2].startswith(path) for line in file)

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
