// SPDX-License-Identifier: MIT
// cli/command.h - what every command has: its words, its help, its exit code.
//
// Used by main and by one file a command. A command returns its exit code, or an Error that main prints
// once. Data goes to stdout, talk to stderr.
#pragma once

#include "cli/options.h"
#include "feed/result.h"

#include <string>
#include <string_view>

namespace ssblog {

struct Command {
  std::string_view name;
  std::string_view summary;
  Result<int> (*run)(const Words& words);  ///< `words` are those behind the command's name
};

Result<int> run_alerts(const Words& words);
Result<int> run_assemble(const Words& words);
Result<int> run_backup(const Words& words);
Result<int> run_block(const Words& words);
Result<int> run_call(const Words& words);
Result<int> run_config(const Words& words);
Result<int> run_connect(const Words& words);
Result<int> run_daemon(const Words& words);
Result<int> run_debug(const Words& words);
Result<int> run_doctor(const Words& words);
Result<int> run_expect(const Words& words);
Result<int> run_export(const Words& words);
Result<int> run_forget(const Words& words);
Result<int> run_follow(const Words& words);
Result<int> run_id(const Words& words);
Result<int> run_import(const Words& words);
Result<int> run_init(const Words& words);
Result<int> run_invite(const Words& words);
Result<int> run_join(const Words& words);
Result<int> run_log(const Words& words);
Result<int> run_name(const Words& words);
Result<int> run_peers(const Words& words);
Result<int> run_publish(const Words& words);
Result<int> run_restore(const Words& words);
Result<int> run_run(const Words& words);
Result<int> run_sbot(const Words& words);
Result<int> run_search(const Words& words);
Result<int> run_ship(const Words& words);
Result<int> run_sign(const Words& words);
Result<int> run_sink(const Words& words);
Result<int> run_source(const Words& words);
Result<int> run_status(const Words& words);
Result<int> run_streams(const Words& words);
Result<int> run_sync(const Words& words);
Result<int> run_tap(const Words& words);
Result<int> run_unblock(const Words& words);
Result<int> run_unfollow(const Words& words);
Result<int> run_verify(const Words& words);
Result<int> run_view(const Words& words);
Result<int> run_whoami(const Words& words);

/// Writes to stdout. What goes wrong is told by `done`.
void print(std::string_view text);

/// All of stdin. Code::data when that is more than `limit` bytes.
Result<std::string> read_stdin(std::size_t limit);

/// The end of a command that printed: Code::io when not everything arrived (a full disk behind `>`).
Result<int> done(int exit_code = 0);

/// Ends this process as that signal ends a program that knows nothing of it. It returns only where that is held back.
void end_by(int signal);

/// One line, or one for each line of the text: "ssblog: ...". What could steer a terminal is escaped; a backslash stands
/// as it is, since names and alerts come here escaped already, and so does what our own children said.
std::string as_talk(std::string_view text);

/// The same to stderr; waits until somebody reads it.
void say(std::string_view text);

}  // namespace ssblog
