package mailin_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// A network that swallows the first packet is given up in time, too.
func TestDialStalls(t *testing.T) {
	t.Parallel()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for { // nobody accepts, so at some point the kernel answers no more
		conn, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err != nil {
			break
		}
		defer conn.Close()
	}
	cfg := mailin.Config{Mailbox: "consult", URL: "imaps://" + address, Credentials: imaptest.SignIn("u", "p"),
		Timings: mailin.Timings{Dial: 100 * time.Millisecond, BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond}}
	ledger := imaptest.NewLedger()
	watch(t, cfg, ledger)
	view := until(t, ledger, "several attempts have failed", func(v imaptest.View) bool { return v.Health().Failures >= 3 })
	if view.Health().Code != mailin.CodeDial {
		t.Errorf("health %+v", view.Health())
	}
}
