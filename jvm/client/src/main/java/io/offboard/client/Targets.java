package io.offboard.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.offboard.rules.Rules;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLException;

/** Channels to the targets of an endpoint. */
final class Targets {
  private Targets() {}

  /** Whether this JVM can open a Unix socket. */
  static boolean canOpen(String unixTarget) {
    return unixTarget.startsWith(Endpoint.UNIX) && Epoll.isAvailable()
        && Files.isWritable(Path.of(unixTarget.substring(Endpoint.UNIX.length())));
  }

  /** A channel of its own: TLS where the endpoint says so, but not on a Unix socket. */
  static ManagedChannel open(Endpoint endpoint, String target) {
    NettyChannelBuilder builder;
    if (target.startsWith(Endpoint.UNIX)) {
      if (!Epoll.isAvailable()) {
        throw new NoAcceleratorException(
            target + " (" + endpoint.source + ") is a Unix socket, which this JVM cannot open: give host:port", Epoll.unavailabilityCause());
      }
      builder = NettyChannelBuilder.forAddress(new DomainSocketAddress(target.substring(Endpoint.UNIX.length())))
          .overrideAuthority("localhost").eventLoopGroup(Loop.GROUP).channelType(EpollDomainSocketChannel.class)
          // gRPC asks for it on every socket, and a Unix socket warns that it has none.
          .withOption(ChannelOption.SO_KEEPALIVE, null);
    } else {
      builder = NettyChannelBuilder.forTarget(target);
    }
    if (endpoint.secure && !target.startsWith(Endpoint.UNIX)) {
      try {
        SslContextBuilder tls = GrpcSslContexts.forClient();
        builder.sslContext(endpoint.ca.isEmpty() ? tls.build() : tls.trustManager(new File(endpoint.ca)).build());
      } catch (SSLException | IllegalArgumentException error) {
        throw new NoAcceleratorException("The certificates of " + endpoint.ca + " cannot be used: " + error.getMessage(), error);
      }
    } else {
      builder.usePlaintext();
    }
    // Callbacks only hand over what came: a thread of their own would cost every inference a switch.
    return builder.directExecutor().maxInboundMessageSize((int) Rules.limit("message_bytes")).build();
  }

  /** The event loop of Unix sockets; its thread ends with the JVM. */
  private static final class Loop {
    private static final EventLoopGroup GROUP =
        new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("offboard-io", true), EpollIoHandler.newFactory());
  }
}
