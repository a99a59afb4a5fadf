package imaptest

import "syscall"

// endWithParent makes the kernel end the server when the test's process dies, however it dies.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
