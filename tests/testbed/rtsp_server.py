"""A camera with an RTSP service, played by GStreamer's server: a program for Debian's own Python.

Run with /usr/bin/python3, which has GStreamer's bindings. Prints a line when it can be asked.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

WAYS = {
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "multicast": GstRtsp.RTSPLowerTrans.UDP_MCAST,
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "any": GstRtsp.RTSPLowerTrans.UDP | GstRtsp.RTSPLowerTrans.TCP,
}
# JFIF's colours: ITU-R BT.601, all values from 0 to 255.
FULL_RANGE = "1:4:0:0"


def gate(arguments: argparse.Namespace) -> GstRtspServer.RTSPAuth:
    """Lets only this user see the pictures, or everybody within TLS, or this user within TLS."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if arguments.tls:
        certificate = Gio.TlsCertificate.new_from_files(arguments.tls, arguments.tls_key)
        auth.set_tls_certificate(certificate)
    if not arguments.user:
        auth.set_default_token(token)
    elif arguments.digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(arguments.user, arguments.password, token)
    else:
        basic = GstRtspServer.RTSPAuth.make_basic(arguments.user, arguments.password)
        auth.add_basic(basic, token)
    return auth


def source(arguments: argparse.Namespace) -> str:
    """The pipeline that gives pictures to the encoder."""
    rate = f"framerate={arguments.rate}/1"
    if arguments.pictures:
        return (
            f"multifilesrc location={arguments.pictures} start-index=0 loop=true"
            f" stop-index={arguments.count - 1} caps=image/png,{rate} ! pngdec ! videoconvert"
            f" ! video/x-raw,format=I420,colorimetry={FULL_RANGE}"
        )
    width, height = arguments.size.split("x")
    size = f"width={width},height={height}"
    return f"videotestsrc is-live=true ! video/x-raw,format=I420,{size},{rate}"


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", default="8554")
    parser.add_argument("--way", choices=WAYS, default="udp")
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--secure", action="store_true")
    parser.add_argument("--tls", help="PEM: its certificate")
    parser.add_argument("--tls-key", help="PEM: the key of that")
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--encoder", default="jpegenc ! rtpjpegpay name=pay0 pt=26")
    parser.add_argument("--pictures", help="PNG files, with a %%d, in place of a test picture")
    parser.add_argument("--count", type=int, default=1, help="... so many, from 0 on, in turn")
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(arguments.address)
    server.set_service(arguments.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {source(arguments)} ! {arguments.encoder} )")
    factory.set_shared(True)
    factory.set_protocols(WAYS[arguments.way])
    if arguments.secure:
        factory.set_profiles(GstRtsp.RTSPProfile.SAVP)
    if arguments.way == "multicast":
        pool = GstRtspServer.RTSPAddressPool()
        pool.add_range("239.1.2.3", "239.1.2.3", 5600, 5619, 1)
        factory.set_address_pool(pool)
    if arguments.user or arguments.tls:
        server.set_auth(gate(arguments))
        factory.add_role_from_structure(
            Gst.Structure.from_string(
                "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            )[0]
        )
    server.get_mount_points().add_factory("/stream", factory)
    if server.attach(None) == 0:
        sys.exit("the port is taken")
    print("serving", flush=True)
    loop = GLib.MainLoop()
    GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)
    loop.run()


if __name__ == "__main__":
    main()
