"""A small world around the gateway: cameras, a network, a Kafka broker and a customer.

The demo and the integration tests share it. Everything in it is real: the cameras are GStreamer and
FFmpeg, the broker is Apache Kafka, and the network is a namespace behind a veth pair.
"""
