// SPDX-License-Identifier: MIT
#include "cli/source_presets.h"

#include <array>

namespace ssblog {
namespace {

constexpr std::array presets = {
    SourcePreset{"debian", "syslog, logins, packages and cloud-init of Debian and Ubuntu", R"(
# What rsyslog writes on Debian and Ubuntu. kern.log, mail.log, cron.log and user.log are copies of what stands in
# syslog, so they are left out. A system without rsyslog has a journal instead.
[[source]]
name = "syslog"
paths = ["/var/log/syslog"]

# Logins and sudo; readable by the group adm.
[[source]]
name = "auth"
paths = ["/var/log/auth.log"]

# Packages that were installed, changed and removed, and what they said.
[[source]]
name = "packages"
paths = [
  "/var/log/{dpkg,alternatives}.log",
  "/var/log/apt/{history,term}.log",
  "/var/log/unattended-upgrades/*.log",
]

# The first start of a virtual machine.
[[source]]
name = "cloud-init"
paths = ["/var/log/cloud-init{,-output}.log"]
)"},
    SourcePreset{"rhel", "messages, logins, cron, mail and packages of RHEL, Fedora, Rocky and Alma", R"(
# What rsyslog writes on RHEL and its kin.
[[source]]
name = "messages"
paths = ["/var/log/messages"]

# Logins and sudo; readable by root alone.
[[source]]
name = "secure"
paths = ["/var/log/secure"]

[[source]]
name = "cron"
paths = ["/var/log/cron"]

[[source]]
name = "maillog"
paths = ["/var/log/maillog"]

# Packages that were installed, changed and removed.
[[source]]
name = "dnf"
paths = ["/var/log/{yum,dnf,dnf.rpm,dnf.librepo,hawkey}.log"]

# The kernel's messages of the start, and the first start of a virtual machine.
[[source]]
name = "boot"
paths = ["/var/log/{dmesg,boot.log}", "/var/log/cloud-init{,-output}.log"]
)"},
    SourcePreset{"nginx", "requests and errors of nginx", R"(
# A stream for each file, named by what stands behind /var/log/.
[[source]]
name = "nginx-access"
paths = ["/var/log/nginx/*access*.log"]
stream = "{path}"
regex-from = "^/var/log/(.*)\\.log$"
regex-to = "$1"
level = "info"

[[source]]
name = "nginx-error"
paths = ["/var/log/nginx/*error*.log"]
stream = "{path}"
regex-from = "^/var/log/(.*)\\.log$"
regex-to = "$1"
)"},
    SourcePreset{"audit", "the kernel's audit log", R"(
# Readable by root alone. auditd rotates it by itself, several times while nobody looks when much happens.
[[source]]
name = "audit"
paths = ["/var/log/audit/audit.log"]
multiline = "off"
)"},
    SourcePreset{"sudo-io", "what was typed and shown in sessions of sudo (log_input, log_output)", R"(
# A folder for each session. The bytes are kept as they are, compressed or not: `ssblog assemble --raw` brings the files
# back for sudoreplay. They hold what people typed, passwords too: let only hosts follow this one that may read them.
[[source]]
name = "sudo-io"
paths = ["/var/log/sudo-io/**/{log,timing,stdin,stdout,stderr,ttyin,ttyout}"]
stream = "{path}"
raw = true

# Who ran what: text, where sudo writes it as JSON.
[[source]]
name = "sudo-sessions"
paths = ["/var/log/sudo-io/**/log.json"]
)"},
    SourcePreset{"ssblog", "what this program's daemon writes, where its service writes to a file", R"(
# Only where the daemon's standard error goes to a file. It says little, and nothing about single lines.
[[source]]
name = "ssblog"
paths = ["/var/log/ssblog.log"]
)"},
};

}  // namespace

std::span<const SourcePreset> source_presets() { return presets; }

}  // namespace ssblog
