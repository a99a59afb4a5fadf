package mailin

import (
	"net"
	"syscall"
)

// quickAcker makes the system acknowledge what arrives at once. A server that does not switch off Nagle's algorithm (RFC 896; Cyrus does not)
// keeps the last piece of an answer back until the one before it is acknowledged, which the system puts off for 40 ms: for each mail.
type quickAcker struct{ raw syscall.RawConn }

func newQuickAcker(conn net.Conn) quickAcker {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return quickAcker{raw}
		}
	}
	return quickAcker{}
}

// now is called before each read, because the system forgets it. A failure costs time only.
func (q quickAcker) now() {
	if q.raw != nil {
		_ = q.raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) })
	}
}
