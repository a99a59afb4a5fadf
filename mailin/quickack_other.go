//go:build !linux

package mailin

import "net"

// quickAcker does nothing here: other systems have no such option.
type quickAcker struct{}

func newQuickAcker(net.Conn) quickAcker { return quickAcker{} }

func (quickAcker) now() {}
