package document

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

var forbiddenHere []uint32

// opens are the calls that open files, with the place of their flags among the arguments.
var opens = map[uint32]uint32{unix.SYS_OPENAT: 2}
