// docker, podman, kubectl: commands inside containers.
#include <algorithm>

#include "context/wrappers.hpp"

namespace jit::context {
namespace {

constexpr Options kRun = {"a:c:de:h:il:m:Pp:qtu:v:w:",
                          "add-host= annotation= attach= blkio-weight= blkio-weight-device= cap-add= "
                          "cap-drop= cgroup-parent= cgroupns= cidfile= "
                          "cpu-count= cpu-percent= cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= "
                          "cpu-shares= cpus= cpuset-cpus= "
                          "cpuset-mems= detach[= detach-keys= device= device-cgroup-rule= device-read-bps= "
                          "device-read-iops= device-write-bps= "
                          "device-write-iops= disable-content-trust[= dns= dns-opt= dns-option= dns-search= "
                          "domainname= entrypoint= env= env-file= "
                          "expose= gpus= group-add= health-cmd= health-interval= health-retries= "
                          "health-start-period= health-timeout= help "
                          "hostname= init[= interactive[= io-maxbandwidth= io-maxiops= ip= ip6= ipc= "
                          "isolation= kernel-memory= label= label-file= "
                          "link= link-local-ip= log-driver= log-opt= mac-address= memory= "
                          "memory-reservation= memory-swap= memory-swappiness= "
                          "mount= name= net= net-alias= network= network-alias= no-healthcheck[= "
                          "oom-kill-disable[= oom-score-adj= pid= pids-limit= "
                          "platform= privileged[= publish= publish-all[= pull= quiet[= read-only[= restart= "
                          "rm[= runtime= security-opt= shm-size= "
                          "sig-proxy[= stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= tty[= ulimit= "
                          "user= userns= uts= volume= "
                          "volume-driver= volumes-from= workdir="};
constexpr Options kExec = {
    "de:itu:w:T",
    "detach[= detach-keys= env= env-file= interactive[= privileged[= tty[= user= workdir= no-TTY[= "
    "index= help"};
constexpr Options kGlobal = {"c:DH:l:v",
                             "config= context= debug[= host= log-level= tls[= tlscacert= tlscert= tlskey= "
                             "tlsverify[= version help"};
constexpr Options kCompose = {
    "f:p:",
    "file= project-name= profile= project-directory= env-file= ansi= parallel= progress= "
    "compatibility dry-run all-resources verbose help"};

// `run|exec [options] IMAGE [CMD]`, the options from `from` on.
void unwrap_run(Unwrapper& unwrapper, std::size_t from, const Options& options) {
  const ParsedOptions parsed = parse_options(unwrapper.argv(), from, options);
  if (parsed.unknown) return unwrapper.add_every_start(*parsed.unknown + 1, true);
  for (const auto& option : parsed.options) {
    if (option.name == "--health-cmd" && option.value) unwrapper.add_text(*option.value, true, true);
    if (option.name != "--entrypoint" || !option.value) continue;
    std::vector<std::string> argv = {std::string(*option.value)};
    for (std::size_t i = parsed.operand + 1; i < unwrapper.size(); ++i) argv.emplace_back(unwrapper.word(i));
    return unwrapper.add(std::move(argv), true, true);
  }
  unwrapper.add_words(parsed.operand + 1, true, true);
}

void unwrap_docker(Unwrapper& unwrapper) {
  const ParsedOptions global = parse_options(unwrapper.argv(), 1, kGlobal);
  if (global.unknown) {
    const bool may_run = std::any_of(unwrapper.argv().begin(), unwrapper.argv().end(),
                                     [](const auto& word) { return word == "run" || word == "exec"; });
    if (may_run) unwrapper.add_every_start(*global.unknown + 1, true);
    return;
  }
  std::size_t i = global.operand;
  if (unwrapper.word(i) == "container") ++i;
  if (unwrapper.word(i) == "compose") {
    const ParsedOptions compose = parse_options(unwrapper.argv(), i + 1, kCompose);
    if (compose.unknown) return unwrapper.add_every_start(*compose.unknown + 1, true);
    i = compose.operand;
  }
  const std::string_view subcommand = unwrapper.word(i);
  if (subcommand == "run" || subcommand == "create") unwrap_run(unwrapper, i + 1, kRun);
  if (subcommand == "exec") unwrap_run(unwrapper, i + 1, kExec);
}

// kubectl exec|debug|run … -- CMD. Before the dashes stand only kubectl's own words.
void unwrap_kubectl(Unwrapper& unwrapper) {
  const auto& argv = unwrapper.argv();
  const auto dashes = std::find(argv.begin(), argv.end(), "--");
  const bool runs = std::any_of(argv.begin(), dashes, [](const auto& word) {
    return word == "exec" || word == "debug" || word == "run" || word == "rsh" || word == "create" ||
           word == "alpha";
  });
  if (!runs) return;
  if (dashes != argv.end()) {
    return unwrapper.add_words(static_cast<std::size_t>(dashes - argv.begin()) + 1, true, true);
  }
  // The old form without dashes: exec POD CMD.
  const auto exec = std::find_if(argv.begin(), argv.end(),
                                 [](const auto& word) { return word == "exec" || word == "rsh"; });
  if (exec != argv.end()) unwrapper.add_every_start(static_cast<std::size_t>(exec - argv.begin()) + 2, true);
}

// `k3s kubectl WORDS`, `minikube kubectl -- WORDS`: that client itself. Before it stand only options.
void unwrap_distribution(Unwrapper& unwrapper) {
  for (std::size_t i = 1; i < unwrapper.size(); ++i) {
    if (unwrapper.word(i) == "ssh") {
      if (i + 1 >= unwrapper.size()) unwrapper.set_opaque();
      return unwrapper.add_joined(i + 1, false, true);
    }
    if (!is_listed(unwrapper.word(i), "kubectl k crictl ctr helm helm3")) continue;
    std::vector<std::string> argv = {std::string(unwrapper.word(i))};
    const std::size_t from = unwrapper.word(i + 1) == "--" ? i + 2 : i + 1;
    for (std::size_t k = from; k < unwrapper.size(); ++k) argv.emplace_back(unwrapper.word(k));
    return unwrapper.add(std::move(argv), i == 1);
  }
}

// The same client by another name.
void unwrap_renamed(std::string_view client, Unwrapper& unwrapper) {
  std::vector<std::string> argv = unwrapper.argv();
  argv[0] = client;
  unwrapper.add(std::move(argv), true);
}

}  // namespace

bool unwrap_container(std::string_view name, Unwrapper& unwrapper) {
  if (is_listed(name, "docker podman nerdctl docker-compose podman-compose")) {
    unwrap_docker(unwrapper);
  } else if (is_listed(name, "k3s k0s rke2 microk8s minikube")) {
    unwrap_distribution(unwrapper);
  } else if (name == "kubecolor" || name == "microk8s.kubectl") {
    unwrap_renamed("kubectl", unwrapper);
  } else if (is_listed(name, "kubectl oc k")) {
    unwrap_kubectl(unwrapper);
  } else if (is_listed(name, "crictl lxc incus machinectl chroot-exec")) {
    const auto& argv = unwrapper.argv();
    const auto runs = std::find_if(argv.begin(), argv.end(),
                                   [](const auto& word) { return word == "exec" || word == "shell"; });
    if (runs != argv.end())
      unwrapper.add_every_start(static_cast<std::size_t>(runs - argv.begin()) + 1, true);
  } else {
    return false;
  }
  return true;
}

}  // namespace jit::context
