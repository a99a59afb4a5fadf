//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package mailout

import (
	"net"
	"syscall"
)

// quiet reports whether a connection stands and holds nothing to read, without
// waiting and without taking anything from it. false when it cannot tell.
func quiet(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	nothing := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		nothing = err == syscall.EAGAIN
		return true // do not wait
	})
	return err == nil && nothing
}
