package imaptest

import (
	"crypto/tls"
	"net"
)

func newTLSListener(listener net.Listener, cert certificate) net.Listener {
	return tls.NewListener(listener, cert.serve())
}
