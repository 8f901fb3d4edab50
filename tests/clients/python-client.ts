/** What is asked of the server with the published Python client; the tree holds no Python file. */

/** Arguments: kubeconfig, namespace. Prints a line of JSON for each step. */
export const pythonScenario = `
import json, logging, sys, threading, time
from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.informer.informer import SharedInformer
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.stream import stream

kubeconfig, namespace = sys.argv[1:]
# A watch that breaks off is told at length.
logging.disable(logging.CRITICAL)
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
apps = client.AppsV1Api()


def report(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def refused(ask):
    try:
        ask()
        return "was granted"
    except ApiException as error:
        return {"code": error.status, "reason": json.loads(error.body)["reason"]}


def lists():
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=namespace)))
    for name in ["a", "b", "c"]:
        labels = {"letter": name}
        metadata = client.V1ObjectMeta(name=name, labels=labels)
        core.create_namespaced_config_map(namespace, client.V1ConfigMap(metadata=metadata, data={"is": name}))
    first = core.list_namespaced_config_map(namespace, limit=2, label_selector="letter")
    rest = core.list_namespaced_config_map(
        namespace, limit=2, label_selector="letter", _continue=first.metadata._continue)
    report(
        "lists",
        names=[[item.metadata.name for item in page.items] for page in [first, rest]],
        missing=refused(lambda: core.read_namespaced_config_map("none", namespace)),
        taken=refused(lambda: core.create_namespaced_config_map(
            namespace, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="a")))))


def deployment(replicas):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "example.test/web:1"}]},
            },
        },
    }


def patches():
    apps.create_namespaced_deployment(namespace, deployment(0))

    def patch(kind, body):
        return apps.patch_namespaced_deployment(
            "web", namespace, body, _content_type="application/" + kind)

    def names(changed):
        return [container.name for container in changed.spec.template.spec.containers]

    beside = {"spec": {"template": {"spec": {"containers": [
        {"name": "beside", "image": "example.test/beside:1"}]}}}}
    strategic = patch("strategic-merge-patch+json", beside)
    json_patch = patch("json-patch+json", [
        {"op": "test", "path": "/spec/replicas", "value": 0},
        {"op": "replace", "path": "/spec/replicas", "value": 1}])
    merge = patch("merge-patch+json", beside)
    everything = dynamic.DynamicClient(client.ApiClient())
    deployments = everything.resources.get(api_version="apps/v1", kind="Deployment")
    applied = deployments.server_side_apply(
        body=deployment(2), namespace=namespace, field_manager="python", force_conflicts=True)
    report(
        "patches", strategic=names(strategic), json=json_patch.spec.replicas, merge=names(merge),
        applied=[names(applied), applied.spec.replicas],
        managers=[entry.manager for entry in applied.metadata.managedFields
                  if entry.operation == "Apply"],
        wrong=refused(lambda: patch("json-patch+json", [{"op": "remove", "path": "/spec/none"}])))
    kinds = {resource.kind for resource in everything.resources.search(api_version="v1")}
    report("discovers", kinds=sorted({"Pod", "Service", "ConfigMap"} & kinds),
           found=deployments.get(name="web", namespace=namespace).metadata.name)


def streams():
    core.create_namespaced_pod(namespace, {
        "metadata": {"name": "talks"},
        "spec": {"containers": [{"name": "c", "image": "example.test/c:1"}]}})
    for event in watch.Watch().stream(
            core.list_namespaced_pod, namespace, field_selector="metadata.name=talks"):
        if event["object"].status.phase == "Running":
            break
    ran = stream(core.connect_get_namespaced_pod_exec, "talks", namespace,
                 command=["echo", "hello"], stdout=True, stderr=True, stdin=False, tty=False)
    report("streams", ran=ran, log=core.read_namespaced_pod_log("talks", namespace))


def elects():
    led = []
    handed_over = threading.Event()

    def fails():
        led.append("first")
        raise RuntimeError("the first one gives up")

    def leads():
        led.append("second")
        handed_over.set()

    def candidate(name, work):
        lock = LeaseLock("leader", namespace, name)
        settings = electionconfig.Config(
            lock, lease_duration=3, renew_deadline=2, retry_period=1,
            onstarted_leading=work, onstopped_leading=lambda: None)
        thread = threading.Thread(
            target=leaderelection.LeaderElection(settings).run, daemon=True)
        thread.start()

    candidate("first", fails)
    while not led:
        time.sleep(0.1)
    candidate("second", leads)
    handed_over.wait()
    lease = client.CoordinationV1Api().read_namespaced_lease("leader", namespace)
    report("elects", led=led, holder=lease.spec.holder_identity)


# The server is restarted meanwhile.
def watches():
    informed = []
    informer = SharedInformer(core.list_namespaced_config_map, namespace=namespace)
    for kind in ["ADDED", "MODIFIED", "DELETED"]:
        informer.add_event_handler(
            kind, lambda object, kind=kind: informed.append(kind + " " + object.metadata.name))
    # It asks again at once, for as long as nobody answers.
    informer.add_event_handler("ERROR", lambda error: time.sleep(0.5))
    informer.start()
    at = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.delete_namespaced_config_map("c", namespace)
    seen = []
    broken = 0
    while "ADDED after" not in seen:
        following = watch.Watch()
        try:
            for event in following.stream(
                    core.list_namespaced_config_map, namespace, resource_version=at):
                seen.append(event["type"] + " " + event["object"].metadata.name)
                at = event["object"].metadata.resource_version
                if seen == ["DELETED c"]:
                    report("watches", seen=seen)
                if seen[-1] == "ADDED after":
                    break
        except Exception:
            broken += 1
            time.sleep(0.5)
    while "ADDED after" not in informed:
        time.sleep(0.1)
    report("watches on", later=seen[1:], broken=broken > 0,
           informed=[what for what in informed if "after" in what or "DELETED" in what])


lists()
patches()
streams()
elects()
watches()
`;
