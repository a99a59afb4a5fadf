package imaptest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// proxy stands before a server and plays the network: it drops, freezes and refuses connections without the server's help, at once.
type proxy struct {
	target  string
	address string // stays the same over close and open

	mu       sync.Mutex
	changed  *sync.Cond // anything below
	frozen   bool
	listener net.Listener
	accepted chan struct{} // closed when nobody accepts any more, and the port is free
	conns    map[net.Conn]bool
}

func newProxy(tb testing.TB, ip, target string) *proxy {
	tb.Helper()
	p := &proxy{target: target, address: net.JoinHostPort(ip, "0"), conns: make(map[net.Conn]bool)}
	p.changed = sync.NewCond(&p.mu)
	p.open(tb)
	tb.Cleanup(p.close)
	return p
}

func (p *proxy) open(tb testing.TB) {
	tb.Helper()
	listener, err := net.Listen("tcp", p.address)
	check(tb, err, "listening")
	p.address = listener.Addr().String()
	p.mu.Lock()
	p.listener = listener
	accepted := make(chan struct{})
	p.accepted = accepted
	p.mu.Unlock()
	go func() {
		defer close(accepted)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(listener, conn)
		}
	}()
}

func (p *proxy) serve(listener net.Listener, client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	if p.listener != listener { // closed meanwhile
		p.mu.Unlock()
		_ = client.Close()
		_ = server.Close()
		return
	}
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	go p.copy(server, client)
	p.copy(client, server)
}

func (p *proxy) copy(to, from net.Conn) {
	defer func() {
		_ = to.Close()
		_ = from.Close()
		p.mu.Lock()
		delete(p.conns, to)
		delete(p.conns, from)
		p.changed.Broadcast()
		p.mu.Unlock()
	}()
	buffer := make([]byte, 64<<10)
	for {
		acknowledgeAtOnce(from) // as the watcher does: the proxy is to cost no time
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.frozen && p.conns[from] {
			p.changed.Wait()
		}
		p.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) freeze(frozen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = frozen
	p.changed.Broadcast()
}

// untilIdle waits until no client is connected.
func (p *proxy) untilIdle(tb testing.TB) {
	tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	expired := false
	timer := time.AfterFunc(20*time.Second, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		expired = true
		p.changed.Broadcast()
	})
	defer timer.Stop()
	for len(p.conns) > 0 {
		if expired {
			tb.Fatal("waited in vain until nobody is connected")
		}
		p.changed.Wait()
	}
}

func (p *proxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
	clear(p.conns)
	p.changed.Broadcast()
}

func (p *proxy) close() {
	p.mu.Lock()
	accepted := p.accepted
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	p.mu.Unlock()
	<-accepted // the system keeps the port until the last Accept has returned
	p.drop()
}
